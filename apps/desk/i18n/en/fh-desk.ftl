### The desk's pages in English. Every message here is also in ar/fh-desk.ftl.

## Around every page
app-name = Firsthand desk
skip-to-content = Skip to the content
nav-label = Desk
nav-inbox = Inbox
nav-flash = Flash
nav-stories = Stories
nav-sources = Sources
account-role = Signed in as { $role }.
role-editor = editor
role-safety = safety editor
role-both = editor and safety editor
sign-out = Sign out
lock-now = Lock the desk now
lock-now-hint = Wipes the keys for everybody. Custodians have to unlock it again; dispatches keep arriving.
language-english = English
language-arabic = Arabic
details = Details
yes = Yes
no = No
list-separator = ,{" "}
sha256 = SHA-256

size-bytes = { $count ->
    [one] { $count } byte
   *[other] { $count } bytes
}
size-kilo = { $amount } kB
size-mega = { $amount } MB
size-giga = { $amount } GB

## Locked
unlock-title = The desk is locked
unlock-lead = It opens when { $needed } of its { $all } custodians have entered their passphrases. Nobody can open it alone.
unlock-count = { $have } of { $needed } are in
unlock-in = in
unlock-out = not yet
unlock-custodian = Custodian
unlock-passphrase = Passphrase
unlock-enter = Enter
unlock-slow = Checking a passphrase takes some seconds, on purpose.
unlock-receiving = While the desk is locked it keeps receiving. Nothing that arrives can be read, and nothing is lost.
unlock-open-title = The desk is open
unlock-open = Enough custodians are in. Editors can sign in.
unlock-unknown-custodian = Nobody of that name is a custodian of this newsroom. Choose a name from the list.
unlock-wrong-passphrase = That passphrase does not open this custodian’s share. Type it again.
unlock-already-entered = This custodian is in already. Another one is needed.
unlock-foreign-share = This share does not belong to the present set of keys. It may come from an old backup.
unlock-already-open = The desk is open already.
unlock-store-unavailable = The passphrases are right, but the newsroom’s store could not be opened. The operator finds the reason in the log.

## Signing in
sign-in = Sign in
sign-in-lead = For editors of this newsroom.
sign-in-name = Name
sign-in-password = Password
enrol-title = Choose your password
enrol-lead = At least { $shortest } characters. Several unrelated words are better than one odd one.
enrol-password = New password
enrol-again = The same again
enrol-set = Set password
enrol-once = This page works once. If it was used before you came, tell the newsroom at once.

## Inbox
inbox-count = { $count ->
    [0] No dispatches
    [one] One dispatch
   *[other] { $count } dispatches
}
inbox-empty-title = Nothing has arrived yet
inbox-empty = Dispatches appear here while they are still on their way, piece by piece.
dispatch = Dispatch
dispatch-arriving = arriving
dispatch-opening = being opened
dispatch-complete = complete
dispatch-damaged = damaged
dispatch-unopenable = cannot be opened any more
unopenable-hint = All of it is here, and it was recognised: its sender holds one of our kits. But it is sealed to a key that this newsroom does not have any more, as from a vault that nobody opened for years. Nobody can open it, and no answer can reach its sender: the reply keys lie in it. A mark that says “under force” counts all the same.
progress-known = { $done } of { $total ->
    [one] { $total } piece
   *[other] { $total } pieces
}
progress-unknown = { $done ->
    [0] No whole piece yet
    [one] One piece, end not known yet
   *[other] { $done } pieces, end not known yet
}
progress-cells = { $count ->
    [one] one cell
   *[other] { $count } cells
}
loose-hint = The end has not come. What is whole can be looked at piece by piece; when the end comes, the whole files take their place.
loose-open = Look at the pieces that are here
preview-under-way = being examined
preview-ready = ready
preview-failed = cannot be shown

## Kinds of files
kind-jpeg = Photograph (JPEG)
kind-png = Picture (PNG)
kind-heic = Photograph (HEIC)
kind-mp4 = Video (MP4)
kind-mov = Video (MOV)
kind-mp3 = Sound (MP3)
kind-pdf = Document (PDF)
kind-unknown = File of unknown kind

## Item
item-title = Item
item-note = Note from the sender
item-note-hint = The sender’s own words, unverified.
preview-under-way-hint = The file is opened in a sandbox. This page shows when it is done.
gate-title = Nothing is shown until you ask
gate-hint = It may show violence or death. Take the time you need; you can hide it again at any moment.
gate-show = Show it
gate-show-jpeg = Show the photograph
gate-show-png = Show the picture
gate-show-heic = Show the photograph
gate-show-mp4 = Show the video
gate-show-mov = Show the video
gate-show-mp3 = Show the recording
gate-show-pdf = Show the document
gate-hide = Hide it again
shown-hint = A preview made in the sandbox, not the original.
sound-off = Sound is off. Turn it on in the player if you want to hear it.
cannot-play = This browser cannot play it.
preview-alt = Preview of the item
page-alt = Page { $number } of { $of }
findings-title = { $count ->
    [0] Nothing found beside picture and sound
    [one] One thing found in the file
   *[other] { $count } things found in the file
}
findings-none = The tools found no metadata. That does not prove there is none.
findings-hint = Found in the original, which stays as it is. Nothing of this is published.
finding-what = What
finding-where = Where
finding-value = Value
facts-title = Facts
fact-kind = Kind
fact-size = Size
fact-received = Received
fact-dispatch = Dispatch
fact-id = Item
original-untouched = The original is kept sealed and is never changed.
scrub-title = Copy for publication
scrub-hint = Encodes the file anew and leaves everything behind that could identify someone.
scrub-ask = Make a clean copy
scrub-again = Make another copy
scrub-under-way = A clean copy is being made. You can leave this page.
scrub-refused = This file cannot be made safe for publication.
scrub-removed = { $count ->
    [one] Removed: one thing
   *[other] Removed: { $count } things
}
scrub-removed-none = There was nothing to remove.
scrub-left = { $count ->
    [0] Left behind: nothing
    [one] Left behind: one thing
   *[other] Left behind: { $count } things
}
scrub-left-none = A fresh look at the new file found nothing.
scrub-tools = Made with
derivative = Clean copy
custody-title = Custody so far
custody-hint = Each entry contains the hash of the one before it, so that none can be changed or left out unseen.

## What was found in a file
finding-location = Location
finding-device = Device
finding-time = Time
finding-person = Name of a person
finding-software = Software
finding-identifier = Identifier
finding-embedded-picture = Embedded picture
finding-maker-notes = Maker notes
finding-edit-history = Edit history
finding-comment = Comment
finding-embedded-file = Embedded file
finding-script = Script
finding-annotation = Annotation
finding-hidden-content = Hidden content
finding-trailing-data = Data after the end
finding-extra-stream = Extra stream
finding-colour-profile = Colour profile
finding-orientation = Orientation
finding-encoder-trace = Trace of the encoder
finding-other-metadata = Other metadata
finding-harms-tools = The file harmed a tool
finding-other = Other ({ $code })

## Why a file is not taken
media-unknown-kind = This kind of file cannot be made safe. Ask for a JPEG, PNG, HEIC, MP4, MOV, MP3 or PDF.
media-empty = The file is empty.
media-encrypted = The file is locked with a password. Ask for an unlocked copy.
media-damaged = The file is damaged or is not what it claims to be.
media-too-large = The file is too large for its kind.
media-too-many-pixels = The picture has too many pixels.
media-too-long = The recording is too long. Ask for it in parts.
media-too-many-pages = The document has too many pages. Ask for it in parts.
media-nothing-to-show = The file holds no picture or sound that can be read.
media-tool-crashed = A tool crashed on this file. Treat it as an attack.
media-tool-stalled = A tool made no progress on this file. Treat it as an attack.
media-tool-memory = A tool ran out of memory on this file. Treat it as an attack.
media-tool-output = The file unpacks to far more than it is. Treat it as an attack.
media-unsafe-left = After cleaning, the file still held something that could identify someone.
media-given-up = The desk tried several times and could not work on this file. The fault is this machine’s; ask its operator.

## Sources
sources-hint = Apart from everything else, and for safety editors alone. Every look is entered in the audit.
sources-empty-title = No sources yet
sources-empty = A source appears here when a kit has been issued.
source-title = Source
source-heard = Last word:
source-never-heard = Nothing has come yet
source-dispatches = { $count ->
    [0] No dispatches
    [one] One dispatch
   *[other] { $count } dispatches
}
pairs-few = few replies left
contact-expected = in contact
contact-missed = contact missed
contact-missed-title = Contact missed:
contact-missed-since = A word was expected by
thread-title = Both ways
thread-empty = Nothing has gone either way yet.
write-title = Write
write-hint = It waits in mailboxes until she asks for it herself, and is shown to her once. Nothing rings. Write as if the phone were in other hands.
write-text = Message
write-answers = It answers
write-answers-none = no dispatch in particular
write-send = Send
write-measure = How long is it?
write-length = { $bytes } of { $limit } bytes
write-no-pair = She cannot be written to now: every reply needs a key that she sends along with a dispatch, and none is left. The next dispatch brings new ones.
write-other-pairs = Her everyday vault cannot be written to now. Only an answer to a dispatch from the other vault can be sent, and it goes there.
write-another-vault = An answer to a dispatch from another vault goes to that vault: to whoever forced her, or holds a copy of her kit. Every other message goes to her everyday vault alone.
write-pairs-left = { $count ->
    [one] Only one more reply can be sent until she sends something. Receipts need replies too. Ask her to send a few words.
   *[other] Only { $count } more replies can be sent until she sends something. Ask her to send a few words.
}
write-last = Send it although it is the last one
message-from = { $name } wrote
message-answers = answers
message-queued = waiting for a drop
message-left = in the mailbox at { $drops } of { $of } drops
message-heard-since = heard from her since
watch-title = Missed contact
watch-hint = If nothing comes for this long, everybody who may see sources is told, with what to do.
watch-by = The next word is expected by
watch-days = Days
watch-hours = and hours
watch-plan = What to do then
watch-set = Set the timer
watch-off = Take it off
forced = under force
forced-title = { $count ->
    [one] One dispatch was sent under force
   *[other] { $count } dispatches were sent under force
}
forced-hint = Its sender used the quiet mark for it. Receipts go on as always and nothing at the sender’s end shows that you know. Do not mention it in a message: somebody else may be reading.
another-vault = from another vault
another-vault-hint = Some of it did not come from her everyday vault. So it is after she was made to give the duress passphrase, and when somebody else holds a copy of her kit. Take it as sent under force. What her everyday vault was told, and is told, is never sent there.
captured = captured
risk-title = A source is at risk behind this story
risk-forced = Something in it was sent under force: it may be bait, and publishing it may harm whoever sent it.
risk-captured = Something in it comes from a kit that was captured. It is held back until you have reviewed it.
risk-answer = I answer for this version all the same
risk-wait = The safety editor has something to decide about this story before it can go out.
rotation-due-title = Keys are to be changed
rotation-due = A kit was captured. Make a new intake key, and tell the other sources by a bulletin.
capture-title = Capture drill
capture-hint = If her device or her kit is in other hands: one act that cuts it off. It shows first what it will do.
capture-open = See what it would do
capture-when = When was it taken?
capture-since = Captured at (UTC; empty for now)
capture-look = Look again
capture-does = What it does
capture-refused = Refuses everything sealed with the kit from its week { $epoch } on, which begins with the one of
capture-tokens = { $count ->
    [0] Has no session token to take back
    [one] Takes one session token back at its drop
   *[other] Takes { $count } session tokens back at all drops
}
capture-frozen = { $count ->
    [0] Holds no story back: none shows anything from there
    [one] Holds one story back until a safety editor has reviewed it
   *[other] Holds { $count } stories back until a safety editor has reviewed each
}
capture-rotates = Sends no more replies to the kit, nor those that wait, and marks the intake keys as due for a change
capture-published = { $count ->
    [0] No story is out with anything from there
    [one] One story is out
   *[other] { $count } stories are out
}
capture-published-hint = Review them now: is somebody recognisable, is a place, could the device’s holder be tied to them?
capture-items = { $count ->
    [0] No items came from there
    [one] One item came from there
   *[other] { $count } items came from there
}
capture-items-hint = Whoever holds the device may know what was sent. Look through files and notes for names, faces and places, and warn whom you can.
capture-confirm = Cut it off
capture-reason = Why (kept sealed)
capture-rehearse = Rehearse: change nothing
capture-do = Cut the kit off
capture-rehearsed-title = Rehearsed
capture-rehearsed = Everything was checked and nothing was changed.
capture-done = Cut off
capture-next = Now: warn those who could be named, review what is out, change the intake keys, and give the reporter a new kit only when you know whose hands it reaches.

## Stories
stories-empty-title = No stories yet
stories-empty = A story brings clean copies and words in both languages together. Two people approve it before it goes out.
story-new = New story
story-title = Untitled story
story-untitled = No title in { $language } yet
story-version = Version { $version }
story-draft = draft
story-cleared = cleared
story-publishing = being published
story-published = published
story-headline = Headline
story-text = Text
story-save = Save
story-save-hint = Saving a change makes a new version. Approvals of an earlier version do not count for it.
story-unsaved = There are changes that are not saved.
story-edit-voids = { $count ->
    [one] One approval stands. A saved change voids it.
   *[other] { $count } approvals stand. A saved change voids them.
}
media-title = Pictures, video, sound
media-hint = Only clean copies can be chosen. Describe each for people who do not see or hear it.
media-none = There are no clean copies yet. Make one from an item in the
media-item = Item
media-alt = Description in { $language }
flash-lead = What was called in and cannot wait: a few words, a coarse place, marked unconfirmed. It goes to the site and every channel with the second approval.
flash-new = Send in a flash
flash-send = Send for a second approval
flash-binds = Sending is your approval of exactly these words. They go out as soon as somebody else approves them; one of the two must be a safety editor.
flash-send-out = Approve as { $name } and send out
flash-waits = You have approved this. It waits for another person.
flash-out = It is on the site.
flash-channels = In { $stands } of { $all } channels.
flash-story = Open as a story
flash-place-hint = A town or a district, never a street or a building.
flash-place-known = Place
flash-place-new = Another place, named below
schedule-go = Let it go out at its moment
schedule-waits = It goes out by itself:
schedule-refused = It did not go out:
schedule-clock = This machine’s clock was moved forward by about { $minutes } minutes. What is scheduled waits for the time that really passed. If the clock was wrong before and is right now, restart the machine.
schedule-back = Hold it back
told-title = What each channel is told
told-look = See what each channel is told
told-back = Back to the story; nothing here is saved
told-not-saved = The words as they stand in the form, as readers of each channel will see them. Go back to save them.
told-nowhere = No channel is in use. The story goes to the site alone.
told-left-out = Opened after this version was saved, so this version does not go there; save the story again to include it:
told-corrected = as a correction of what stands there
told-covered = covered
told-behind = stays behind the link: nothing of it fits there.
burnt-code = Code in its corner:
variants-title = Versions of it for channels that take less: { $count }
rung-large = large
rung-middle = middle-sized
rung-small = small
rung-blurred = blurred
told-length = { $takes } of { $most }
settings-title = How it goes out
settings-grade = How sure we are
settings-slug = Address on the site
settings-graphic = Warn readers before they see anything
settings-warning = Warning for readers
settings-not-before = Not before (UTC)
settings-not-before-in = Not before ({ $zone })
settings-at-once = At once
telling-title = What the site says besides
telling-hint = Readers find the story by these. All of it is public, and approvals cover it.
telling-topics = Topic
telling-slug = Address (a-z, digits, hyphens)
telling-name = Name in { $language }
telling-place = Public place
telling-place-hint = As coarse as safety demands. A point is rounded to a hundredth of a degree, about a kilometre; leave it empty when even that is too fine.
telling-north = Degrees north
telling-east = Degrees east
telling-point = Point (north, east)
telling-when = When it happened
telling-when-hint = 2026, 2026-11 or 2026-11-22; ~ behind it for about, ? for uncertain, / between two dates.
telling-correction = Correction
telling-correction-hint = What was wrong and what stands there now. Readers see this on the story, in the feeds and on the page of corrections.
withdraw-title = Withdraw this story
withdraw-lead = The address stays and shows only your reason; words and files leave the site. Two people have to approve this, as any version.
withdraw-reason = Reason of the withdrawal
withdraw-act = Prepare the withdrawal
withdraw-this = This version withdraws the story: published, it puts the reason in its place and takes words and files off the site.
grade-unconfirmed = Unconfirmed
grade-probable = Probable
grade-confirmed = Confirmed
grade-contested = Contested

## Approving and publishing
standing-title = On its way out
approval-needed = An approval is missing
approval-safety-needed = The safety editor’s approval is missing
approve-go = Read and approve
approve-look-again = Read what was approved
approve-title = Approve
approve-lead = This is everything that will leave: both texts, every file, every setting. You approve exactly this.
approve-media = { $count ->
    [0] No files
    [one] One file
   *[other] { $count } files
}
approve-show = Show the files
approve-open = Open the document
approve-version = Version
approve-no-title = No title
approve-hash = What you approve, as one number
approve-binds = This hash covers everything above. If anything changes, the hash changes and the approval is void.
approve-as = Approve as { $name }
approve-done-by-you = You have approved exactly this. Somebody else has to approve it as well.
publish = Publish
publishing = The site is being built and each file entered in the public log.
published-title = Published
published-page = Page on the site
published-file = File
published-proof = Proof
published-hint = Anyone can check a file against its proof with fh-verify, without us and without a network.

## Errors
fault-title = That did not work
fault-back = Go back
fault-moment-unclear = The clocks change then: this minute comes twice or not at all in the newsroom’s time zone. Choose another one.
fault-wait = Too many attempts. Wait { $seconds ->
    [one] one second
   *[other] { $seconds } seconds
} and try again.
fault-internal = Something failed inside the desk. Nothing was changed. The operator finds the reason in the log.
fault-not-found = There is nothing at this address, or no longer.
fault-not-made = This has not been made yet.
fault-locked = The desk is locked.
fault-sign-in-first = Sign in first.
fault-wrong-password = Name and password do not belong together.
fault-csrf = The form was too old or did not come from this desk. Open the page again and repeat it.
fault-origin = The request did not come from a page of this desk, so nothing was done.
fault-host = This desk does not answer under that name.
fault-method = This address cannot be used in that way.
fault-bad-request = The request could not be understood.
fault-not-a-form = The desk expects a form.
fault-too-large = That is larger than the desk takes.
fault-too-short = The password is too short.
fault-too-long = The password is too long.
fault-differ = The two passwords differ.
fault-guessable = The password is too easy to guess.

## Refused by the newsroom’s rules
refusal-same-editor-twice = You have approved this already. A second approval has to come from somebody else.
refusal-stale-approval = The story was changed after you opened this page. Read it again before you approve it.
refusal-not-cleared = Two different people have to approve this version before it can be published.
refusal-safety-missing = The safety editor has not approved this version.
refusal-already-published = This version is published already.
refusal-unknown-channel = There is no such channel, or it has no credentials.
refusal-channel-settled = Nothing waits there to be confirmed.
refusal-channel-changed = Other credentials were entered after you opened this page. Look at the channel again before you confirm it.
refusal-channel-elsewhere = These credentials belong to another server or account. Enter them as a new channel.
refusal-unknown-delivery = There is no such delivery.
refusal-delivery-settled = There is nothing to decide about this delivery any more.
refusal-edit-conflict = Somebody else saved this story meanwhile. Open it again and repeat your change.
refusal-incomplete = Something is still missing: headline, text and descriptions are needed in both languages.
refusal-too-long = One of the texts is too long.
refusal-control-character = One of the texts contains an invisible control character. Remove it and save again.
refusal-too-many-media = There are too many files in this story.
refusal-too-many-topics = There are more topics than a story may have.
refusal-topic-twice = A topic was named twice.
refusal-nowhere = The point lies nowhere on the globe. Write degrees with a decimal point, both or neither.
refusal-bad-date = This is not a date as the site writes it: 2026, 2026-11 or 2026-11-22.
refusal-withdrawn-and-told = A version that withdraws a story carries the reason and nothing else.
refusal-nothing-to-withdraw = This story was never published, so there is nothing to withdraw.
refusal-unknown-derivative = One of the chosen files does not exist.
refusal-derivative-twice = A file was chosen twice.
refusal-slug-invalid = The address may contain lower-case letters, digits and single hyphens, 3 to 60 in all.
refusal-slug-taken = Another story has this address.
refusal-not-yet = This story is held back until a later time.
refusal-no-moment = No moment in the future is set for this story.
refusal-not-scheduled = This story does not wait for a moment.
refusal-unknown-story = There is no such story.
refusal-unknown-item = There is no such item.
refusal-unknown-publication = There is no such publication.
refusal-not-an-editor = This account cannot be used.
refusal-not-a-flash = A flash is a few words in both languages with a named place: unconfirmed, without files, a point on the map, a delay or a correction. Anything else goes through the stories.
refusal-not-approved = You have not approved this version.
refusal-name-taken = Somebody has this name already.
refusal-name-invalid = A name has 1 to 80 characters.
refusal-no-role = An editor needs a role.
refusal-enrolment-spent = This link was used already, or never existed. Ask for a new one, and say so if it was not you.
refusal-enrolment-expired = This link has expired. Ask for a new one.
refusal-too-many-attempts = Too many attempts. Wait a little.
refusal-not-examined = The file is still being examined.
refusal-already-working = This is being worked on already.
refusal-cannot-protect = This file cannot be made safe for publication.
refusal-kit-taken = There is a kit with this pseudonym already.
refusal-unknown-kit = There is no such kit.
refusal-drop-taken = This drop is known already.
refusal-reply-pair-spent = This reply key was used already.
refusal-sources-not-yours = Only safety editors see sources.
refusal-message-invalid = A message has 1 to 16,384 bytes and no control characters.
refusal-no-reply-pair = She cannot be written to until something new comes from her.
refusal-last-reply-pair = This would use the last reply that can be sent to her. Say that you mean it, or ask her first to send something.
refusal-risk-not-acknowledged = The safety editor has to answer for this version first.
refusal-story-frozen = This story is held back until a safety editor has reviewed it.
refusal-nothing-to-acknowledge = There is nothing to answer for.
refusal-already-captured = This kit was cut off already.
refusal-reason-missing = A reason is needed, of at most 2,000 characters.
refusal-stale-plan = Something changed since the plan was shown. Look at it again.
refusal-no-drop = The newsroom has no drop that could carry a message.
refusal-watch-invalid = The time is between one hour and 90 days, and the plan has at most 2,000 characters.
refusal-other = The newsroom’s rules do not allow this ({ $code }).

## What was done
act-newsroom-founded = The newsroom was set up
act-newsroom-unlocked = The desk was unlocked
act-newsroom-locked = The desk was locked
act-editor-added = An account was opened
act-editor-enrolled = A password was set
act-editor-reissued = A new enrolment link was issued
act-editor-closed = An account was closed
act-editor-signed-in = Signed in
act-editor-signed-out = Signed out
act-editor-throttled = Too many wrong passwords
act-drop-added = A drop was added
act-drop-misbehaved = A drop misbehaved
act-kit-issued = A kit was issued
act-kit-offered = A kit can be asked for with twelve words
act-kit-asked = A device asked for a kit
act-kit-contested = Another device asked with the same words
act-kit-handed-over = A kit was left for the device that asked
act-kit-advanced = A kit’s keys moved on
act-dispatch-seen = First seen
act-piece-authentic = A piece was found authentic
act-piece-quarantined = A piece that contradicts itself was set apart
act-dispatch-opened = Dispatch opened
act-dispatch-unreadable = Dispatch could not be read
act-receipt-queued = Receipt sealed
act-receipt-put = Receipt left in the mailbox
act-reply-queued = Reply sealed
act-reply-put = Reply left in the mailbox
act-source-viewed = Sources looked at
act-source-written = Message to a source written
act-source-watched = Missed-contact timer changed
act-dispatch-noted = Something noted
act-source-captured = A captured kit was cut off
act-source-captures-rotated = Keys changed after a capture
act-story-risk-acknowledged = Safety editor answered for a risk
act-story-frozen = Held back for a source’s sake
act-item-entered = Entered, original sealed
act-item-examined = Examined in the sandbox
act-item-viewed = Looked at
act-item-scrub-asked = Clean copy asked for
act-item-scrubbed = Clean copy made
act-item-scrub-refused = Clean copy refused
act-item-published = Published in a story
act-story-created = Story begun
act-story-saved = Story saved
act-story-approved = Story approved
act-story-approval-withdrawn = Approval taken back
act-story-published = Story cleared for publication
act-story-scheduled = Story goes out at its moment
act-story-unscheduled = Story held back again
act-story-not-sent = Story did not go out at its moment
act-story-live = Story on the site
act-subscribers-added = Addresses taken into a newsletter
act-subscribers-left = Addresses taken off a newsletter
act-channel-entered = Credentials of a channel entered
act-channel-confirmed = Channel confirmed by a second person
act-channel-stopped = Channel stopped: the platform does not let us in
act-channel-closed = Channel revoked, its credentials erased
act-delivery-settled = What becomes of a post elsewhere is known
act-delivery-withdrawn = Taken back from the channels

## The command line
cli-founded-files = The newsroom is founded. Passphrases and enrolment codes lie in { $path }; hand each to its owner and delete the files.
cli-founded-here = The newsroom is founded. What follows is shown once and kept nowhere.
cli-passphrases = Custodians’ passphrases (write them down, apart from each other):
cli-enrolments = Editors’ enrolment codes (good for seven days, at /enrol/CODE):
cli-named-twice = { $name } is named twice; everybody needs a name of their own.
cli-cannot-read = { $path } cannot be read.
cli-cannot-write = { $path } cannot be written.
cli-memory-open = This system lets the program’s memory be written to the disk or read by others. Nothing was done; use another system.
cli-drop-added = The desk now reads the drop { $url }.
cli-drop-began = The drop had removed its first { $cells } cells before. This desk reads what it holds now and counts nothing of that as lost; whatever is missing from here on is an alarm.
cli-drop-confirms = It tells the drop what is safe here. If another desk reads the same drop, give each a token of its own and start the drop with all of them: it then removes only what every desk has confirmed. With one token for two desks it would remove what one of them has not read.
cli-drop-keeps = It confirms nothing, so the drop removes nothing. When the drop runs out of room: the same command with --confirm.
cli-drop-key = The key of its log is { $key }. Compare it with what the drop printed when it started.
cli-drop-key-later = The drop does not answer now; the desk learns the key of its log when it first reads it. Compare it on the page of drops.
cli-no-drop = The newsroom has no drop yet; add one with “fh-desk drop add”.
cli-kit-unknown-drop = That drop is not one of this desk’s.
cli-kit-no-words = No kit was offered by words under that name.
cli-kit-words = These twelve words are shown once and kept nowhere. Tell her the words and the address { $url } by a way that nobody else hears. When her device has asked, compare the four words that “kit code” and her page show with hers, aloud, before you believe anything that comes.
kit-code-title = Words to compare aloud
kit-code-hint = Her device shows four words. If they are not these, somebody else holds her twelve words: do not answer, cut this kit off, and make another.
kit-code-waiting = Her device has not asked for the kit yet.
kit-code-rivals = Two devices asked for this kit. Somebody else holds her twelve words. Believe nothing that comes under this name until you have compared the four words aloud.
cli-kit-exists = { $path } exists already; a kit never overwrites a file.
cli-kit-made = The kit is in { $path }. Hand it over in person and delete the file; whoever holds it can send in that name.
cli-kit-drop-waits = The drop { $url } could not be told of the kit’s tokens; the desk does it when it is next open.
cli-ask-passphrase = Passphrase of { $name } (leave empty if not present):
cli-no-terminal = There is no terminal to ask on; give passphrase files instead.
cli-not-a-custodian = { $name } is not a custodian; custodians are: { $names }.
cli-too-few = { $need } custodians are needed and { $have } came; try again when more are present.
cli-swap-in-clear = Warning: this machine swaps memory to disk in clear ({ $areas }). What the desk opens could be written there. Switch swap off (swapoff -a) or encrypt it.

## Drops
nav-drops = Drops
drops-intro = Drops are not trusted. The desk keeps a tree of its own over every cell, and compares it with what each drop signs and with what reporters were shown.
drops-none = No drop yet. Add one with “fh-desk drop add”.
drop-fine = As it should be
drop-alarm = Misbehaves
drop-unseen = Not looked at yet
drop-cells = { $cells } cells read, { $proven } of them proven by the drop’s checkpoints.
drop-began = Its first { $cells } cells had been removed before this desk first read it. If this desk’s reporters used it before that, ask them to send again what has no receipt.
drop-noise = { $cells } cells that came from it were nobody’s. Sessions are rounded with some. Much of it comes from somebody who fills the drop with noise: what no kit’s key opens is dropped when it takes room.
drop-signed = Its newest checkpoint is from
drop-key = Log key:
drop-about-cells = (log of { $cells } cells)
drop-evidence = The signed notes that prove it
conduct-forked = It signed two different logs.
conduct-rewritten = It signed a log that is not made of the cells it handed out.
conduct-rolled-back = It went back behind what it had signed or handed out.
conduct-withheld = It signed more cells than it hands out.
conduct-lost = It removed cells before the desk had read them.
conduct-other-key = It signs with another key.
conduct-stale = Its checkpoint is long out of date.
conduct-unproven = A reporter’s device brought a checkpoint that this drop did not sign.
conduct-advice-forked = Somebody is shown a different drop. Keep the notes, stop giving this drop to new kits, add another, and ask reporters to send again through it.
conduct-advice-rewritten = Cells were exchanged or removed after the fact. Nothing false can open, but something may be missing: add another drop and ask reporters to send again.
conduct-advice-rolled-back = Ask whoever runs it: an old backup put back looks like this, and so does a rewrite. Cells may be missing; begin a new drop and ask reporters to send again.
conduct-advice-withheld = Cells that reporters delivered are kept from the desk. Use another drop; what has no receipt is sent again by itself.
conduct-advice-lost = These cells are gone here. What has no receipt is still on the reporters’ devices; ask them to send again. Check that each desk which reads this drop has a token of its own there: with a shared one, what one desk confirms is removed before the other has read it.
conduct-advice-other-key = Compare the key with whoever runs the drop by another way. If nobody changed it, somebody stands in its place: stop using this address.
conduct-advice-stale = It may have stopped signing, or somebody shows the desk yesterday’s drop. Ask whoever runs it.
conduct-advice-unproven = Either the reporter was led to a false drop or her device is not hers any more. Ask her in a message, and look at what else came from that kit.
refusal-capture-ahead = That moment has not come yet.
refusal-intake-current = This is the key that kits seal to now. Make a new one first.
refusal-intake-unopened = Pieces are here that only this key may open. Open the desk and let it work first.
refusal-intake-in-use = Something may still be on its way that only this key opens. It stays.
act-noise-dropped = Noise was dropped from the spool
act-blobs-swept = Files that a crash had left behind were removed
act-kit-closed = Old keys of a kit were erased
act-kit-forked = A second chain came for one kit: somebody has copied it
act-kit-captured = A kit was captured and is refused
act-kit-supplied = New sessions were sent to a kit
act-intake-rotated = A new intake key was made
act-intake-destroyed = An intake key was destroyed
act-bulletin-published = A bulletin was published
act-newsroom-rekeyed = The newsroom’s keys were replaced
cli-bad-moment = “{ $text }” is no date; write it as 2026-11-22 or 2026-11-22T18:30 (UTC).
cli-kit-captured = The kit is cut off: whatever it sealed in week { $epoch } after its issue or later is refused, and nothing is sent to it. What it sealed before still counts.

refusal-bulletin-not-newer = A bulletin of that number, or a later one, is published already.
cli-custodian-key = The signing key is made; it never leaves this machine. Give the newsroom this public half:
cli-no-custodian-key = This file holds no custodian’s signing key.
cli-signers-pinned = Custodians are pinned already; a bulletin names others.
cli-signers-none = No custodians are pinned yet; do that with “fh-desk custodian pin”.
cli-signers-threshold = The threshold is between 1 and the number of custodians named.
cli-signers-done = { $count } custodians are pinned; a bulletin needs { $threshold } of them. Kits made from now on believe them; earlier kits believe nobody.
cli-bulletin-says = Bulletin { $number } of { $newsroom }, taken until { $until }. Sealed to from then on: key { $epoch }. Drops added: { $added }. Drops removed: { $removed }. The next bulletin needs { $threshold } of: { $custodians }. Compare aloud before signing: { $fingerprint }
cli-bulletin-signed = Your signature is in the file.
cli-bulletin-differs = The files do not hold the same bulletin.
cli-bulletin-intake = The bulletin names another key than the newsroom has now; draw up a new one.
cli-bulletin-published = Bulletin { $number } is published. The open desk sends it to every kit; it can be carried as a file as well.
cli-intake-rotated = Key { $epoch } is made. New kits are sealed to it at once; publish a bulletin for the others. The old keys stay until nothing on its way can need them.
cli-intake-destroyed = Key { $epoch } is destroyed. Backups of the keyring still hold it.
cli-desk-running = The desk is running in this folder; stop it first.
cli-signing-words = The passphrase of this signing key. It is shown once; write it down and keep it apart from the key:
cli-signing-confirm = Has it been written down? Type “yes”. An empty line leaves everything as it was.
cli-ask-signing-words = The passphrase of your signing key:
cli-custodian-protected = The signing key rests under the new passphrase. Copies of the file from before do not; destroy them.
cli-custodian-bare = This signing key lies on the disk without a passphrase: whoever takes the file signs in your name. Protect it: fh-desk custodian protect FILE
unlock-rekeyed = The keys were last replaced on
cli-rekey-known = { $name } is a custodian already.
cli-rekey-too-few = Only { $left } would remain of the { $need } custodians who are needed to open the present keys. Nothing was changed.
cli-rekey-threshold = { $threshold } of { $count } is not possible: at least one, at most everybody, and no more than 32 people.
cli-rekey-words = New passphrases. They are shown once; each of them belongs to one person and is written down apart from the others:
cli-rekey-confirm = Have they been written down? Type “yes” to put the new keys in force. An empty line leaves everything as it was.
cli-rekey-not-done = Nothing was changed. The words above open nothing.
cli-rekey-done = The keys were replaced (set { $generation }). From now on { $threshold } of { $count } custodians unlock the newsroom. Whoever was signed in signs in again.
cli-rekey-bulletin = Now tell the kits: fh-desk bulletin draft, sign, publish. Until they know, they seal to the old key, which still opens.
cli-rekey-signers = The signature of { $names } on bulletins counts no more at the desk; the next bulletin says so to the kits.
cli-rekey-signers-few = Too few would be left to sign bulletins without those who were removed: their signatures count on until a bulletin names other signers.
cli-rekey-backups = Backups from before still open with the old passphrases. Destroy them, wherever they are.
nav-cards = Cards
cards-hint = What couriers carried: card files, memory cards, files from a messenger. In any order, damaged, or twice.
cards-file = A card, or an image of one
cards-take = Take it in
cards-take-hint = A large memory card is read faster on the desk's own machine: fh-desk gather. Nothing on a card is changed.
cards-waiting = { $count ->
    [one] One card waits to be read.
   *[other] { $count } cards wait to be read.
}
cards-reading = Reading a card: { $looked } of { $windows } places tried, { $ours } cells are ours.
cards-read = A card was read: { $ours } cells of ours in { $windows } places.
cards-nothing-title = Nothing is missing
cards-nothing = No dispatch is waiting for more cells. Those that have arrived are in the inbox.
cards-pieces-known = { $whole } of { $total } pieces are whole.
cards-pieces-open = { $whole } pieces are whole; how many there will be is not known yet.
cards-lacking = { $count ->
    [one] One piece lacks something
   *[other] { $count } pieces lack something
}
cards-piece = Piece { $number }: { $have } of { $need } parts in hand
cards-piece-unseen = Piece { $number }: nothing of it has come yet
cards-more = and { $count } more
cli-card-taken = { $path }: { $windows } places may hold cells
cli-no-cells = Nothing on these cards can be a cell. If they should hold something, try the whole device rather than its files.
cli-cards-wait = They wait for the desk, which reads them as soon as it is unlocked. You can put the cards away.
cli-no-replies = No reply waits for this reporter.
cli-card-made = { $count ->
    [one] One reply is
   *[other] { $count } replies are
} on { $path }, among noise.

dispatch-announced = Announced
held-title = { $count ->
    [one] One thing is held back on the sender's device
   *[other] { $count } things are held back on the sender's device
}
held-hint = What came first is a preview, or name, size and length. Nothing is lost: say what you need and what you do not.
held-open = waits for your word
held-asked = asked for
held-arriving = arriving
held-declined = not needed
held-untold = The sender hears of it as soon as there is a way to answer.
held-ask = Ask for it
held-ask-after-all = Ask for it after all
held-decline = Not needed
held-look = To the preview
announced-title = A preview from the sender's device
announced-hint = It was made there, small and without anything beside its pixels, so that you can decide about the original. It is examined like every file.
announced-here = The original is here
announced-preview = To the preview that came first
finding-announced-differs = Not what was announced
refusal-item-here = It is here already: there is nothing left to ask for.
act-item-asked = Asked for
act-item-declined = Declined

cli-ask-password = Password of { $name }:
cli-drill-not-signed-in = Name and password do not belong together, or she is no editor any more. Nothing was changed.
cli-drill-type = To cut the kit off, type the name of its holder and press Enter. Anything else changes nothing.
cli-drill-not-typed = That is not the name. Nothing was changed.
cli-drill-refused = Refuses everything sealed with the kit from its week { $epoch } on
cli-drill-notes = { $count ->
    [one] One dispatch came with a note. Read it for names and places.
   *[other] { $count } dispatches came with notes. Read them for names and places.
}
cli-drill-done = The kit is cut off. The drops hear of it from the running desk. Now: warn those who could be named, review what is out, make a new intake key (fh-desk intake rotate), and tell the other sources by a bulletin.

dispatch-cut-off = cut off
cut-off = Cut off
cut-off-known = Cut off: { $done } of { $total ->
    [one] { $total } piece
   *[other] { $total } pieces
}
cut-off-unknown = Cut off: { $done ->
    [one] one piece
   *[other] { $done } pieces
} of an unknown number
loose-opening = Being entered; { $done ->
    [0] nothing is listed yet
    [one] one is listed
   *[other] { $done } are listed
}
cut-off-recording = The recording was cut off. What came before is complete but for its last seconds, and each piece is authentic in its place. Nobody could take the hash of the whole.
cut-off-piece = This is piece { $number } of a dispatch whose end has not come. The piece is authentic. Its name, and what came before and after, are not known.
cut-off-pieces = These are pieces { $first } to { $last } of a dispatch whose end has not come, joined in their order. Each is authentic. The name, and what came after, are not known.
act-dispatch-loosened = Pieces entered before the end had come

nav-channels = Channels
channels-intro = Accounts elsewhere in which we publish. What is published here goes to each open channel once; a correction follows it.
channels-title = Our channels
channels-none = There are no channels yet.
channel-useless = These credentials do not work. Nothing was kept.
channel-enter = Enter a channel or new credentials
channel-enter-hint = They are tried at once and kept sealed. Another person must confirm them before anything is published with them.
channel-known = For
channel-new = a new channel
channel-kind = Platform
channel-language = Language of what is published there
channel-language-ar = Arabic
channel-language-en = English
channel-server = Server
channel-account = Account; on Matrix the room (!…:server); for ninjs the terms of use and whom to ask for the original
channel-secret = App password, access token, or a web hook’s secret (whsec_…)
channel-help = What each platform wants here
channel-help-bluesky = Server: of the account, such as https://bsky.social. Account: its handle. Credential: an app password.
channel-help-mastodon = Server: of the account. Credential: an access token that may read and write. The account may stay empty.
channel-help-wordpress = Server: the site. Account: its user, who may publish. Credential: an application password.
channel-help-matrix = Server: of the account. Account: the id of the room. Credential: an access token.
channel-help-wire = Server: the address that a partner newsroom receives at. Account: the terms of use and whom to ask for the original. Credential: the secret of the web hook (whsec_…).
channel-help-x = Server and account: leave empty. Credential: the four words of the developer portal with blanks between them: API key, API key secret, access token, access token secret. The app must be allowed to read and write.
channel-help-nostr = Server: the relays (wss://…) with blanks between them. Account: leave empty. Credential: the private key (nsec1…).
channel-help-telegram = Server: leave empty. Account: the channel or group, by its name (@news) or its number (-100…). Credential: the token of the bot from @BotFather. The bot must be an administrator there who may post and delete. Nobody can read back what stands there: what is in doubt you must look up yourself.
channel-help-mail = Server: of the mail, smtps://… or smtp://… Account: the sender, a blank, and the https:// page where people leave: News <news@example.org> https://example.org/leave. Credential: the user’s name at the mail server, a blank, and the password. Letters cannot be changed or called back: corrections and withdrawals are new letters.
channel-help-ghost = Server: the site. Account: leave empty. Credential: the Admin API key of a custom integration (id:secret). Ghost takes files and gives none back: what an article showed stays at its address on the host when the article is withdrawn, until somebody deletes it there.
channel-help-facebook = Server and account: leave empty. Credential: the access token of a page, from an app that may manage its posts (pages_manage_posts, pages_read_engagement). Facebook covers nothing that is hard to look at: at most a blurred still of it goes there.
channel-help-youtube = Server: leave empty. Account: public once Google has audited your project, else leave empty: until then what you upload is private there, and nobody else sees it. Credential: client id, client secret and refresh token with blanks between them. Only stories with a film go there, and no film that is hard to look at.
channel-proxy = Through this SOCKS port (Tor), or empty
channel-try = Try and enter
channel-waiting = New credentials wait, and lead to:
channel-own = You entered these credentials. Somebody else must confirm them.
channel-confirm = Confirm these credentials
channel-retry = Try again
channel-close = Revoke and erase the credentials
channel-proposed = Waits for a second person
channel-open = In use
channel-stopped = Stopped: the platform does not let us in
channel-closed = Revoked
deliveries-title = What went out
deliveries-none = Nothing has gone out to a channel yet.
delivery-ready = Waiting
delivery-sending = Being sent
delivery-confirmed = Stands
delivery-rejected = Not sent
delivery-unknown = Being looked up
delivery-waits = May be live
delivery-attempts = { $count ->
    [one] one attempt
   *[other] { $count } attempts
}
delivery-not-before = Not before
delivery-words = The platform says:
delivery-decide = The answer was lost, and this platform cannot be asked. Look at the account: does the post stand?
newsletter-title = Newsletter
newsletter-intro = Letters go to each address by itself, with the links by which people leave. Addresses are kept sealed; of who left only a keyed hash is kept, and they are never written to again.
newsletter-counts = { $on ->
    [one] One person gets it.
   *[other] { $on } people get it.
} { $left ->
    [0] Nobody has left.
    [one] One has left.
   *[other] { $left } have left.
}
newsletter-add = Take a list in
newsletter-add-hint = One address on each line. Take in only people who asked for it.
newsletter-remove = Take addresses off, for good
newsletter-left = Who left
newsletter-left-hint = Lines from the log of the page where people leave, or the letters in which they say so.
newsletter-added = { $added } taken in, { $known } were there already, { $left } had left and stay away, { $bad } lines are no address.
newsletter-removed = { $count ->
    [0] Nobody of these was on the list.
    [one] One was taken off.
   *[other] { $count } were taken off.
}
newsletter-addresses = Addresses
delivery-letters = Letters: { $taken } taken, { $refused } refused, { $waiting } waiting, { $unknown } in doubt.
delivery-decide-letters = For some the connection broke after the whole letter, and no mail server can be asked. “It stands”: they are counted as having it. “Send it again”: to these alone, and some may get it twice.
cli-newsletter-left = { $count ->
    [0] Nobody left.
    [one] One word by which somebody leaves was read. The desk takes it in when it is open.
   *[other] { $count } words by which people leave were read. The desk takes them in when it is open.
}
delivery-withdraw = Take this story back from all channels
deed-post = Told
deed-correct = Corrected
deed-withdraw = Withdrawn

remnants-title = Where an earlier version may live on
remnants-intro = What was corrected or withdrawn here may stand elsewhere as it was before.
remnants-known = In our channels
remnants-none = No channel of ours is known to show an earlier version.
remnants-beyond = Beyond our reach
remnant-waiting = The correction or withdrawal has not arrived there yet.
remnant-refused = The platform refused the correction or withdrawal, or somebody ended it: what was told before stands.
remnant-doubtful = It is not known what stands there. Look at the account.
remnant-answered = This platform does not let us change or remove it: what was told before stands, and our answer beneath it.
remnant-letters = Letters cannot be called back: whoever got the earlier one has it, beside the one that corrects it.
beyond-people = Whoever took a picture of the screen has it. If somebody is in danger by what was shown, warn them first.
beyond-servers = Other servers of Mastodon, Matrix, Bluesky and Nostr keep copies of posts. They are told of changes and removals and need not follow.
beyond-feeds = Feed readers keep what they fetched. Most take up a corrected entry when they fetch again; some never do.
beyond-mirrors = Mirrors of the site and copies of it show what they copied until they copy again.
beyond-editions = Texts, sheets and editions that were passed on stay as they are. The code in them leads to the story as it stands now.
beyond-archives = Web archives and search engines keep pages. Where an earlier version endangers somebody, ask each of them to remove it.
beyond-partners = Partner newsrooms were sent the change. Whether they printed what was sent before, only they can say.
verdict-stands = It stands
verdict-again = Send it again
verdict-leave = Leave it
fault-channel-form = Something in the form is missing or cannot be read. Go back and check it.

# Reach
nav-reach = Reach
reach-intro = How often pages are read, counted from the servers’ own logs. All counts are whole tens; what is less is put together with other countries, then with other pages. No address is kept, and nobody can be told apart.
reach-stretch = Stretch of time
reach-days = { $days ->
    [one] { $days } day
   *[other] { $days } days
}
reach-none = Nothing has been counted in these days. Counts come with “fh-desk reach read”.
reach-by-day = By day
reach-total = { $requests } pages were shown.
reach-table = As a table
reach-day = Day (UTC)
reach-requests = Pages shown
reach-what = What
reach-pages = By story and page
reach-countries = By country
reach-other-pages = Other pages
reach-untitled = Without a title
reach-told = On the platforms
reach-told-intro = What each platform said last of our own posts. It is asked once a day, for thirty days.
reach-told-none = No platform has told anything yet.
reach-channel = Channel
reach-likes = Likes
reach-shares = Shares
reach-replies = Replies
reach-views = Views
cli-reach-busy = Logs are being read already. Wait until that has ended.
cli-reach-read = { $requests ->
    [one] One page shown was counted.
   *[other] { $requests } pages shown were counted.
}
cli-reach-left-out = { $lines ->
    [one] One line was left out: a robot, a failure or a file that is no page.
   *[other] { $lines } lines were left out: robots, failures and files that are no pages.
}
cli-reach-unreadable = { $lines ->
    [one] One line is in no form that can be read. Compare the server’s configuration with docs/reach.md.
   *[other] { $lines } lines are in no form that can be read. Compare the server’s configuration with docs/reach.md.
}
country-onion = Over Tor (onion service)
country-unknown = Not known
country-other = Other countries
country-SY = Syria
country-LB = Lebanon
country-JO = Jordan
country-IQ = Iraq
country-PS = Palestine
country-EG = Egypt
country-TR = Turkey
country-SA = Saudi Arabia
country-AE = United Arab Emirates
country-QA = Qatar
country-KW = Kuwait
country-BH = Bahrain
country-OM = Oman
country-YE = Yemen
country-SD = Sudan
country-LY = Libya
country-TN = Tunisia
country-DZ = Algeria
country-MA = Morocco
country-MR = Mauritania
country-SO = Somalia
country-IR = Iran
country-IL = Israel
country-AF = Afghanistan
country-PK = Pakistan
country-IN = India
country-CN = China
country-JP = Japan
country-KR = South Korea
country-ID = Indonesia
country-MY = Malaysia
country-RU = Russia
country-UA = Ukraine
country-PL = Poland
country-CZ = Czechia
country-DE = Germany
country-AT = Austria
country-CH = Switzerland
country-FR = France
country-BE = Belgium
country-NL = Netherlands
country-LU = Luxembourg
country-GB = United Kingdom
country-IE = Ireland
country-ES = Spain
country-PT = Portugal
country-IT = Italy
country-GR = Greece
country-CY = Cyprus
country-RO = Romania
country-BG = Bulgaria
country-HU = Hungary
country-SE = Sweden
country-NO = Norway
country-DK = Denmark
country-FI = Finland
country-US = United States
country-CA = Canada
country-MX = Mexico
country-BR = Brazil
country-AR = Argentina
country-CL = Chile
country-AU = Australia
country-NZ = New Zealand
country-ZA = South Africa
country-NG = Nigeria
country-KE = Kenya
country-ET = Ethiopia
