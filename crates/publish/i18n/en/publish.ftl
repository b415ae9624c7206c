# The public site in English.

skip-to-content = Skip to the content
nav-label = Main
nav-stories = Stories
nav-verify = How to check
nav-about = About
site-language = English
front-title = { $organisation }
front-lead = Reports from inside, published so that anyone can check them.
front-empty = Nothing has been published yet.
front-all = All stories
read-more = Read
feeds-label = Follow
feed-atom = Atom
feed-rss = RSS
feed-json = JSON Feed
footer-promise = This site sets no cookies, runs no scripts and loads nothing from anywhere else.
footer-log = The public log of our statements

published = Published { $time }
updated = Updated { $time }
time-utc = { $day } { $month } { $year }, { $clock } UTC
date-only = { $day } { $month } { $year }
month-1 = January
month-2 = February
month-3 = March
month-4 = April
month-5 = May
month-6 = June
month-7 = July
month-8 = August
month-9 = September
month-10 = October
month-11 = November
month-12 = December

grade-unconfirmed = Not yet confirmed
grade-probable = Probable
grade-confirmed = Confirmed by us
grade-contested = Contested
grade-unverifiable = Could not be verified
grade-title = Our own assessment

graphic-label = Graphic
gate-picture = This picture may be hard to look at. Open it if you want to see it.
gate-video = This video may be hard to look at. Open it if you want to see it.
gate-audio = This recording may be hard to hear. Open it if you want to listen.
gate-document = This document may be hard to look at. Open it if you want to see it.
gate-open = Show
gate-again = Hide it again

open-document = Open the document (PDF, { $size })
open-picture = Open the picture in full size
no-video = Your browser does not show this video here; you can download it below.
no-audio = Your browser does not play this recording here; you can download it below.
size-bytes = { $count } bytes
size-kb = { $count } KB
size-mb = { $count } MB
size-gb = { $count } GB

check-title = Check this file
check-intro = Download both, then run the command beside them:
check-file = The file ({ $size })
check-proof = Its proof
check-shows = The proof shows whether the file is unchanged since we logged it. It does not show that something happened, where or when it was recorded, or by whom.
check-how = How checking works

verify-title = How to check what we publish
verify-lead = Every file on this site comes with a proof. You can check it on your own computer, without an account and without being online.
verify-steps-title = In three steps
verify-step-download = Download a file and its proof from the story page, under “{ $check }”.
verify-step-run = Run fh-verify, the free checking program, beside them:
verify-step-read = Read the findings. Each one holds, is limited, or fails. If anything fails, do not rely on the file.
verify-shows-title = What a proof shows
verify-shows-unchanged = The file is, byte for byte, the one we logged. A single changed byte makes the check fail.
verify-shows-logged = Our statement about it stands in a public log that we cannot rewrite without being seen.
verify-shows-before = It was logged before a certain time, by our own clock. No independent witness confirms that time yet.
verify-shows-who = Whoever holds the key below vouches for it.
verify-not-title = What it does not show
verify-not-happened = It does not show that what you see happened, or that it happened where and when we say.
verify-not-who = It never shows who recorded or sent something, and nothing on this site can tell you.
verify-not-original = It does not show the original file. To protect people we publish a cleaned copy.
verify-key-title = Our log’s key
verify-key-intro = Compare this key with one that you have from elsewhere: another of our channels, a printed edition, a person you know. A key that only this page gives you is as trustworthy as this page.
verify-log-title = Following the log
verify-log-intro = The log follows the public C2SP tlog-tiles layout. Software that follows such logs can follow ours and notice if we ever remove or change an entry:
verify-log-checkpoint = the newest signed checkpoint

about-title = About us
about-default = { $organisation } publishes reports from people who cannot publish safely themselves. Nothing is published before two people have approved it, one of them responsible for the safety of everyone concerned.
about-protect-title = How we protect people
about-protect = Everything we publish has been made anew from what we received: without the details that cameras and phones add, and without anything that we know could identify someone. We never say who sent something.
about-wrong-title = When we are wrong
about-wrong = We correct stories in place and say when we did. Every published file leaves an entry in our public log, and none can be taken out again unseen.

post-corrected = Corrected
post-withdrawn = Withdrawn
post-graphic = Hard to look at
post-source = The story on our own site, with its proofs
