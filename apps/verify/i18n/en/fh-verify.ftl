# fh-verify in English. Nothing here may claim more than was checked.

about = Check a published file against its proof. Works offline; asks nobody.
after-help = Exit codes: 0 nothing fails, 1 something fails, 2 the check could not be carried out.
help-file = The published file
help-proof = The proof file that was published with it
help-key = A log key that you have from a source you trust; may be given more than once
help-key-file = A file that holds such a key
help-lang = Language of the answer: en or ar
help-json = Answer in JSON, for programs

grade-holds = holds
grade-limited = limited
grade-fails = FAILS

proof-unreadable = The proof file cannot be used: { $reason }.
key-malformed = The proof names a log key that is damaged or does not belong to its log.
checkpoint-refused = The proof’s signed checkpoint cannot be accepted: { $reason }.
statement-logged = The newsroom’s statement about the file is entry { $entry } of { $entries } in its public log.
statement-not-logged = The statement in the proof is not in the log that the proof names. The proof was changed, or belongs to something else.
file-unchanged = The file is unchanged since the newsroom logged it, byte for byte (SHA-256 { $sha256 }).
file-changed = The file is not the one that was logged. Its SHA-256 is { $sha256 }; the logged one is { $expected }.
key-matches = Vouched for by { $log }. This matches the key you gave: { $key }
key-unconfirmed = Vouched for by { $log }, key { $key }. You must get this key another way and compare it, or give it with --key: anybody can make a key with this name.
key-differs = The proof is signed with another key than the one you gave: { $key }
logged-before = Logged before { $time }, by the newsroom’s own clock. No independent witness confirms this time yet.
published-at = The newsroom says that it published the file on { $time }.
assessment-confirmed = The newsroom’s own assessment: confirmed. A proof cannot show whether that is so.
assessment-probable = The newsroom’s own assessment: probable. A proof cannot show whether that is so.
assessment-contested = The newsroom’s own assessment: contested. A proof cannot show whether that is so.
assessment-unverifiable = The newsroom’s own assessment: it could not be verified.
assessment-unconfirmed = The newsroom’s own assessment: not yet confirmed.
supersedes = This replaces an earlier statement ({ $earlier }).
not-shown = What no proof of this kind shows: that something happened; where or when it was recorded; who recorded or sent it.

verdict-fails = Result: at least one check fails. Do not rely on this file.
verdict-limited = Result: no check fails. Mind the limits above.
verdict-holds = Result: every check holds.

error-file = The file { $path } cannot be read: { $reason }
error-proof = The proof file { $path } cannot be read: { $reason }
error-proof-size = The proof file { $path } is larger than any proof is. Is it the right file?
error-key = This is not a log key: { $reason }
error-key-file = The key file { $path } cannot be read: { $reason }

about-site = Check a copy of the whole site, in a folder or on a server, against its signed manifest
help-mirror = The folder, or an address that begins with http:// or https://
help-max-age = Refuse a copy whose state is older than this many days
help-socks = Ask the server through this SOCKS port and no other way, as Tor offers one
manifest-refused = The signed manifest cannot be accepted: { $reason }.
mirror-file-changed = A file is not the one that the newsroom put there: { $path }
mirror-file-missing = A file of the site is missing: { $path }
mirror-file-foreign = A file here is none of the newsroom’s: { $path }
mirror-more = Another { $count } files are changed, missing or foreign.
site-stale = This copy is older than you asked for: it shows what the newsroom decided on { $time }.
site-complete = All { $files } files ({ $bytes } bytes) are there, unchanged.
site-signed = The site { $site } is signed by { $log }. This matches the key you gave: { $key }
site-as-of = This is the site as the newsroom decided on it at { $time }, by its own clock. It may have changed since.
site-foreign-unknown = From outside it cannot be seen whether the server also has files of others.
site-not-shown = What this check does not show: that what the site reports happened; that others are served the same.
error-mirror = The copy at { $path } cannot be read: { $reason }
error-one-key = Give the newsroom’s key with --key, exactly one, from a source other than this copy.
error-onion = An onion address needs --socks HOST:PORT, where Tor listens (usually 127.0.0.1:9050).
