# Messages of fh-field. Every id and variable here is in ar/ too; a test compares them.
init-done = Ready. Everything is in this one file, and it always looks the same: full of noise, whatever is in it. Nothing you seal here can be opened here.
init-kit-erased = The kit's file is erased. On a memory card or a telephone old blocks may outlive that: overwrite or destroy what the kit came on.
init-kit-kept = The kit's file is still there. Erase it as soon as you can: whoever has it can send in your name.
init-duress = Your duress passphrase opens an empty vault, as on its first day, and in the same moment makes everything else unreadable for ever. Give it to whoever forces you. Never try it out.
init-mark = If somebody forces you to send: type either passphrase with its first two words exchanged. Everything works and looks as always, and the newsroom alone learns that you are being forced.
wipe-done = Done. Nothing opens this file any more.
set-keep-nothing-on = From now on a dispatch that the newsroom has whole leaves no record here. Records of received ones are gone.
set-keep-nothing-off = From now on this device remembers that a dispatch was received.
add-done = { $items ->
    [one] One file is
   *[other] { $items } files are
} sealed in { $pieces } pieces as dispatch { $dispatch }. Nobody here can open them, you included. Next: send.
words-prompt = The twelve words:
words-passphrase = For asking you need a passphrase of your own, the same each time you ask; several random words, known to nobody. It may become your vault's.
words-count = Twelve words are needed; { $have } are there. Run the command again.
words-unknown = Word number { $position } is in neither word list. Check its spelling and run the command again.
words-checksum = One of the twelve words is wrong, or two have changed places. Check them and run the command again.
words-asked = Your device has asked for its kit. The newsroom must be open to answer: run the same command again later, with the same passphrase. Nothing is stored here until then.
words-code = Compare these four words aloud with the newsroom before you send anything: { $code }. If theirs differ, somebody else holds your words: stop, and ask for new ones.
words-file-unreadable = The file with the twelve words cannot be read. Check its name.
words-drop = Name the drop that the newsroom told you with the words: --drop URL
error-words-spent = Somebody else has used these words, or they are too old. Do not use them again. Tell the newsroom by another way, and ask for new ones.
import-done = { $files ->
    [one] One file of the card is
   *[other] { $files } files of the card are
} sealed now; { $already } were sealed before. Nobody here can open them, you included.
import-unreadable = { $files } files cannot be read and are still on the card as they were.
import-left = The originals are still on the card. To overwrite them, use --erase when importing.
import-erased = { $erased } originals are overwritten; { $refilled } harmless pictures took their places.
import-flash = Be honest with yourself about memory cards: a card keeps old copies of blocks where no program reaches them. A laboratory can find parts of what was overwritten. If the card itself must not speak, destroy it.
error-camera = The camera's card refused: { $why }. Nothing that is not sealed was overwritten. Run the same command again: it goes on from here.
stdin-broke = The stream broke ({ $why }). What came before is sealed.
recording-cut = A recording was cut off. All of it but its last seconds is sealed, as dispatch { $dispatch }.
status-empty = Nothing is sealed here.
status-line = { $dispatch }  { $state }  the newsroom has { $received } of { $pieces } pieces
status-sessions = Sendings left with this kit: { $left }
status-room = Room left: { $free } of { $total } MiB
state-sealed = sealed, not sent
state-sending = partly sent
state-sent = sent, waiting for the newsroom's receipt
state-received = received; nothing of it is left here
send-nothing = There is nothing to send.
send-done = { $cells } cells are stored at { $drops ->
    [one] one drop
   *[other] { $drops } drops
}. Your pieces stay here until the newsroom's receipt comes: ask for it later with "receive".
send-left = { $cells } cells are not sent yet. Nothing is lost: run "send" again and it goes on from here.
send-held = { $cells } cells wait: today's bytes are used up. Nothing is lost: run "send" again tomorrow, or change the limit with "set daily-budget".
budget-set = At most { $limit } will go out in one day, counted from now. What is most urgent goes first; the rest waits.
budget-off = There is no daily limit any more.
lines-sealed = Sealed as dispatch { $dispatch }; it goes out next.
lines-stored = Dispatch { $dispatch } is stored.
lines-too-long = That line is longer than a note may be, and was not sealed. Write it to a file and add that.
tor-config-use = Save as torrc, then run: tor -f torrc. When it says "Bootstrapped 100%", use: fh-field send --road tor
tor-config-why = Each session and each look into a mailbox takes a circuit of its own.
error-bad-budget = A daily limit looks like 200MB or 1GB, and is at least 262144 bytes; or say off.
error-bad-bridge = A bridge line looks like: obfs4 ADDRESS:PORT FINGERPRINT cert=... It must be one line, and of the transport that --pt names.
error-no-bridge = A transport needs a bridge: copy the line that you were given after --bridge, in quotation marks.
receive-done = { $receipts ->
    [0] No receipt yet. The newsroom may not have opened; ask again later.
    [one] One receipt came; { $forgotten } pieces that the newsroom has were erased here.
   *[other] { $receipts } receipts came; { $forgotten } pieces that the newsroom has were erased here.
}
receive-messages = { $count ->
    [one] One message came.
   *[other] { $count } messages came.
} Read with "read" when you are alone: each is shown once and then erased.
receive-newer = Something came that this version cannot read. It stays in its mailbox; get a newer version of this program.
status-messages = { $count ->
    [one] One message waits. Read it with "read" when you are alone.
   *[other] { $count } messages wait. Read them with "read" when you are alone.
}
replies-few = The newsroom can hardly answer any more: send something (a few words are enough: "say") so that it can.
read-nothing = No message waits. Ask for new ones with "receive".
read-head = message { $number } of { $count }
read-answers = about dispatch { $dispatch }
read-maybe-seen = (The showing of this one was interrupted: you may have seen it already.)
read-erased = These messages are erased here and cannot be shown again. Clear the screen.
read-not-shown = The messages could not be shown. They are kept; run "read" again.
say-unreadable = Standard input is not text. Nothing was sealed.
pack-done = Dispatch { $dispatch } is in the file as { $cells } cells. It looks like noise to everyone but the newsroom.
drop-failed = { $url }: { $why }
passphrase-prompt = Passphrase:
passphrase-everyday = Your everyday passphrase, for your work.
passphrase-duress = Your duress passphrase, for whoever forces you to open this. It shows an empty vault and destroys the way to everything else.
passphrase-learn = Learn it by heart; do not write it down. It is shown this once.
passphrase-learnt = Press Enter when you know it; the screen is cleared.
passphrase-not-yet = Not yet. Once more:
passphrase-new = A passphrase of your own (six or more random words are best):
passphrase-again = The same passphrase again:
passphrase-differs = The two passphrases differ. Nothing was set up; run the command again.
passphrase-too-short = The passphrase is refused: it has { $have } characters, and { $need } are the least. Six or more random words are hard to guess and easy to keep.
passphrase-repeats = The passphrase is refused: it repeats a few characters, and programs try those first. Use different words.
passphrase-digits = The passphrase is refused: it is made of digits alone, such as dates and numbers of telephones. Use words.
passphrase-few-words = The passphrase is refused: it has { $have } different common words, and { $need } are the least.
passphrase-no-mark = The passphrase is refused: it must begin with two different words. Exchanged, they are your sign that you are being forced.
passphrase-alike = The two passphrases are refused: they have more than two words in common. A slip of memory would destroy everything; choose quite different words.
passphrase-file-unreadable = The passphrase file cannot be read. Check its name.
error-no-vault = Say which vault to use: --vault FILE, or the variable FH_VAULT.
error-not-set-up = There is no vault at that place. Check --vault, or make one with: fh-field init --kit FILE --vault FILE
error-already-set-up = This file exists, and a new vault would destroy what it holds. Name another one. To begin again after an interrupted init: --replace
error-busy = Another fh-field is working in this vault. Wait until it is done and try again.
error-locked = The passphrase is wrong, or this is not a vault. Check the passphrase and try again.
error-size = No vault has the size of this file. It may be a file of another kind, or its making was interrupted: make it again with init --replace.
error-damaged-vault = The passphrase is right, and the vault was damaged on its disk. If you have a copy of the file, use that.
error-full = The vault is full. Nothing that was sealed is lost. Send and receive, so that the newsroom's receipts make room, then try again.
error-state = The vault cannot be read by this program ({ $why }). If it was made by a newer version, use that.
error-memory = The passphrase cannot be checked: { $why }
error-kit = This kit cannot be used: { $why }. Copy it again, or ask the newsroom for another.
error-kit-unreadable = The kit file cannot be read. Check its name.
error-kit-erase = The vault is ready, but the kit's file could not be erased. Erase it yourself.
error-source = File number { $number } could not be read to its end ({ $why }). Nothing was sealed; copy the file anew and try again.
error-file-unreadable = { $file } cannot be opened. Check its name.
error-folder = { $file } is a folder. Name the files in it.
error-nothing = There is neither a file nor a note to seal.
error-manifest = The files or the note break a limit: { $why }. Split them into several dispatches.
error-too-many = There are too many pieces for one dispatch. Split the files into several.
error-sealing = Sealing failed: { $why }
error-memory-open = This system lets the program’s memory be written to the disk or read by others. Nothing was done; use another system.
error-disk-full = The disk is full. Free some space or use another place. What was sealed before is safe.
error-disk-read-only = The disk can only be read. Open its lock, or use another place. What was sealed before is safe.
error-disk = The disk refused: { $why }. Free some space or use another place. What was sealed before is safe.
error-damaged = Piece { $piece } of dispatch { $dispatch } was damaged on this device's disk. If you still have the file, add it again.
error-unknown-drop = Your kit does not know { $url }. Leave --drop away to use the kit's own.
error-no-tokens = No sending is left for { $url } with this kit. Ask the newsroom for a new kit; what is sealed stays safe here.
error-no-drop = Your kit names no drop. Use "pack" and a courier, or ask the newsroom for another kit.
error-recovery = That fraction is not possible. Use one such as 1/4.
error-no-road = Say which road to take: --road tor. Nothing leaves without a road that you named. (The others: tls, which is weaker, and loopback, for drops on this machine.)
error-bad-url = { $url } is not a drop's address. It looks like http://ADDRESS:PORT
road-no-proxy = Tor does not answer at { $proxy }. Sending stopped, and nothing goes out another way. Start Tor and try again. (Tor Browser listens at 127.0.0.1:9150: --socks5 127.0.0.1:9150)
road-not-here = { $url } is not on this machine, and the road loopback goes no further. Choose another: --road tor
road-only-tor = { $url } is an onion address: it can be reached through Tor alone. Choose: --road tor
road-bad-pin = The certificate to trust cannot be read. It must be a PEM file, beginning with "BEGIN CERTIFICATE".
road-not-believed = The host does not show the certificate that it should ({ $why }). Nothing was sent. Somebody may be in between, or the certificate has expired or was replaced: ask the newsroom before you try again.
road-tls-weaker = A weaker road: over plain TLS your connection shows whoever watches the line that it is you, which host you reach, when, and how much you send. They cannot read it. Where you can, use --road tor.
road-clear = { $url } is not reached by https, so others could read along. Nothing is sent in the clear.
road-bad-proxy = The proxy must be an address and a port, such as 127.0.0.1:9050.
road-line = The connection failed ({ $why }). Try again later; it goes on where it stopped.
road-refused = The drop refused: { $why }
road-strange = What answered is not a drop (status { $status }). Check the address, or ask the newsroom.
refusal-unknown-dispatch = A receipt came for a dispatch that is not here. Nothing was erased.
refusal-other-piece = A receipt came that names other pieces than yours. Nothing was erased. Tell the newsroom.
refusal-not-all = A receipt said "complete" before every piece was named. Nothing was erased for it; it is asked for again. If this goes on, tell the newsroom.
refusal-too-many-messages = More messages wait than this device keeps. Read what is here with "read", then receive again.
error-unknown-dispatch = There is no dispatch { $dispatch } here. See "status" for those that are.
error-card-too-small = Each card needs at least { $mib } MiB of unused space for this. Use larger cards, more of them, or name one dispatch.
error-too-many-cards = So many cards, of which so few are needed, are more than the code has shards for. Use fewer cards, or need more of them.
card-unknown = This is neither a FAT nor an exFAT card, nor an image of one. Nothing was written.
card-dirty = This card was not ejected properly, so what is unused on it is not certain. Put it into a camera or computer, eject it there, and try again. Nothing was written.
card-malformed = The card's file system breaks a rule ({ $why }). Nothing was written. Use another card.
card-busy = { $file } is in use. Eject it (unmount it) and try again. Nothing was written.
card-exists = { $file } is there already. Choose another name; nothing is overwritten.
card-outs = There are { $cards } cards and { $names } names. Name a folder, or one file for each card.
spread-nothing = There is nothing to carry: the newsroom has everything.
spread-copies = { $cards ->
    [one] One card holds everything
   *[other] { $cards } cards are written, and each alone holds everything
}: { $pieces } pieces in { $cells } cells.
spread-dealt = { $cards } cards are written. Any { $need } of them restore everything: { $pieces } pieces, { $cells } cells on each card.
spread-advice = Give each courier one card only. Your pieces stay here until the newsroom's receipt comes.
plain-done = { $cells } cells are in the file. It looks like noise to everyone but the newsroom.
prepare-done = { $cards ->
    [one] The card is filled with noise
   *[other] { $cards } cards are filled with noise
}; nobody can tell it from one that carries something.

bulletin-done = Bulletin { $number } is taken.
bulletin-new-intake = What you seal from now on is sealed to the newsroom's new key.
bulletin-drops = Drops: { $added } new, { $removed } used no longer.
bulletin-nobody-pinned = This kit cannot check bulletins: it pins no custodian. Ask the newsroom for a new kit.
bulletin-forged = The bulletin carries a signature that is not a custodian's of this newsroom. Nothing was changed. Tell the newsroom.
bulletin-too-few = Only { $have } of the { $need } custodians needed have signed the bulletin. Nothing was changed.
bulletin-other-newsroom = The bulletin is another newsroom's. Nothing was changed.
bulletin-not-newer = This bulletin, or a later one, was taken already.
bulletin-expired = The bulletin's time is over, or this device's clock is wrong. Nothing was changed.
bulletin-backwards = The bulletin goes back to an older key of the newsroom. Nothing was changed. Tell the newsroom.
error-bulletin = The bulletin cannot be read: { $why }.
error-bulletin-file = The bulletin's file cannot be read.
receive-bulletins = A bulletin of the newsroom was taken.
receive-tokens = New sessions: { $count }.
status-retiring = { $pieces } sealed pieces are for a key that the newsroom gives up in { $days } days. Send them before.

add-held = Held back until the newsroom asks for it: { $pieces ->
    [one] one piece
   *[other] { $pieces } pieces
}, { $kib } KiB. A preview, or its name, size and length, goes first. To send it all the same: send --all.
set-previews-on = From now on what you add goes out as previews first, and what is large waits until the newsroom asks for it.
set-previews-off = From now on everything you add goes out whole.
status-held = held back until the newsroom asks: { $pieces ->
    [one] one piece
   *[other] { $pieces } pieces
}, { $kib } KiB
status-held-long = That has been waiting for { $days } days and the newsroom has not asked. It may not have seen the preview: ask for its word with "receive", or send everything of it with: send --whole { $dispatch }
status-asked = asked for by the newsroom: { $pieces ->
    [one] one piece
   *[other] { $pieces } pieces
}, { $kib } KiB. The next "send" takes it.
status-declined = not needed by the newsroom, and still here: { $pieces ->
    [one] one piece
   *[other] { $pieces } pieces
}, { $kib } KiB
receive-wanted = { $count ->
    [one] The newsroom asks for one thing that is held back.
   *[other] The newsroom asks for { $count } things that are held back.
} The next "send" takes it.
receive-declined = { $count ->
    [one] The newsroom does not need one thing that is held back.
   *[other] The newsroom does not need { $count } things that are held back.
} It stays here. To forget it: forget-declined.
declined-nothing = The newsroom has declined nothing that is still here.
declined-here = Declined by the newsroom and still here: { $pieces ->
    [one] one piece
   *[other] { $pieces } pieces
}, { $kib } KiB.
declined-how = Nobody else has it: once forgotten it is gone for good. To forget it, say --yes.
declined-ask = Nobody else has it: once forgotten it is gone for good. To forget it, type "yes"; anything else leaves it here:
declined-kept = Nothing was forgotten.
declined-forgotten = { $pieces ->
    [one] Forgotten: one piece.
   *[other] Forgotten: { $pieces } pieces.
}
