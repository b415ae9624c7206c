### صفحات غرفة التحرير بالعربية. كل رسالة هنا موجودة أيضًا في en/fh-desk.ftl.

## حول كل صفحة
app-name = غرفة التحرير
skip-to-content = انتقل إلى المحتوى
nav-label = غرفة التحرير
nav-inbox = الوارد
nav-flash = عاجل
nav-stories = التقارير
nav-sources = المصادر
account-role = مسجَّل الدخول بصفة { $role }.
role-editor = محرّر
role-safety = محرّر السلامة
role-both = محرّر ومحرّر السلامة
sign-out = تسجيل الخروج
lock-now = أقفل الغرفة الآن
lock-now-hint = يمحو المفاتيح عند الجميع. يلزم الأمناء أن يفتحوها من جديد، ويستمر وصول الإرساليات.
language-english = الإنجليزية
language-arabic = العربية
details = التفاصيل
yes = نعم
no = لا
list-separator = {"، "}
sha256 = بصمة SHA-256

size-bytes = { $count ->
    [zero] { $count } بايت
    [one] بايت واحد
    [two] بايتان
    [few] { $count } بايتات
    [many] { $count } بايتًا
   *[other] { $count } بايت
}
size-kilo = { $amount } كيلوبايت
size-mega = { $amount } ميغابايت
size-giga = { $amount } غيغابايت

## مقفلة
unlock-title = غرفة التحرير مقفلة
unlock-lead = تُفتح حين يُدخل { $needed } من أمنائها الـ{ $all } عبارات مرورهم. لا يستطيع أحد أن يفتحها وحده.
unlock-count = دخل { $have } من { $needed }
unlock-in = دخل
unlock-out = لم يدخل بعد
unlock-custodian = الأمين
unlock-passphrase = عبارة المرور
unlock-enter = أدخِل
unlock-slow = يستغرق التحقق من عبارة المرور بضع ثوانٍ، وهذا مقصود.
unlock-receiving = تبقى الغرفة تستقبل وهي مقفلة. لا يمكن قراءة شيء مما يصل، ولا يضيع شيء.
unlock-open-title = غرفة التحرير مفتوحة
unlock-open = دخل ما يكفي من الأمناء. يمكن للمحرّرين تسجيل الدخول.
unlock-unknown-custodian = لا أمين بهذا الاسم في هذه الغرفة. اختر اسمًا من القائمة.
unlock-wrong-passphrase = عبارة المرور هذه لا تفتح حصة هذا الأمين. اكتبها مرة أخرى.
unlock-already-entered = دخل هذا الأمين من قبل. المطلوب أمين آخر.
unlock-foreign-share = هذه الحصة لا تنتمي إلى مجموعة المفاتيح الحالية، وقد تكون من نسخة احتياطية قديمة.
unlock-already-open = غرفة التحرير مفتوحة من قبل.
unlock-store-unavailable = عبارات المرور صحيحة، لكن تعذّر فتح مخزن الغرفة. يجد المشغّل السبب في السجل.

## تسجيل الدخول
sign-in = تسجيل الدخول
sign-in-lead = لمحرّري هذه الغرفة.
sign-in-name = الاسم
sign-in-password = كلمة المرور
enrol-title = اختر كلمة مرورك
enrol-lead = لا تقل عن { $shortest } حرفًا. بضع كلمات لا رابط بينها خير من كلمة غريبة واحدة.
enrol-password = كلمة المرور الجديدة
enrol-again = كرّرها
enrol-set = اعتمد كلمة المرور
enrol-once = تعمل هذه الصفحة مرة واحدة. إن استُعملت قبل وصولك فأبلغ الغرفة فورًا.

## الوارد
inbox-count = { $count ->
    [zero] لا إرساليات
    [one] إرسالية واحدة
    [two] إرساليتان
    [few] { $count } إرساليات
    [many] { $count } إرسالية
   *[other] { $count } إرسالية
}
inbox-empty-title = لم يصل شيء بعد
inbox-empty = تظهر الإرساليات هنا وهي في الطريق، قطعة بعد قطعة.
dispatch = الإرسالية
dispatch-arriving = قيد الوصول
dispatch-opening = قيد الفتح
dispatch-complete = مكتملة
dispatch-damaged = متضرّرة
dispatch-unopenable = لم يعد فتحها ممكنًا
unopenable-hint = وصلت كلها وعُرفت: عند مرسلها واحدة من حقائبنا. لكنها مختومة بمفتاح لم يعد عند غرفة الأخبار، كأن تكون من خزنة لم تُفتح منذ سنوات. لا يستطيع أحد فتحها، ولا يصل إلى مرسلها رد، فمفاتيح الرد في داخلها. وعلامة «تحت الإكراه» تُؤخذ بجدّ على كل حال.
progress-known = { $total ->
    [one] { $done } من قطعة واحدة
    [two] { $done } من قطعتين
    [few] { $done } من { $total } قطع
    [many] { $done } من { $total } قطعة
   *[other] { $done } من { $total } قطعة
}
progress-unknown = { $done ->
    [zero] لا قطعة كاملة بعد
    [one] قطعة واحدة، والنهاية غير معروفة بعد
    [two] قطعتان، والنهاية غير معروفة بعد
    [few] { $done } قطع، والنهاية غير معروفة بعد
    [many] { $done } قطعة، والنهاية غير معروفة بعد
   *[other] { $done } قطعة، والنهاية غير معروفة بعد
}
progress-cells = { $count ->
    [zero] لا خلايا
    [one] خلية واحدة
    [two] خليتان
    [few] { $count } خلايا
    [many] { $count } خلية
   *[other] { $count } خلية
}
loose-hint = لم تصل النهاية بعد. يمكن النظر فيما اكتمل قطعة قطعة؛ وحين تصل النهاية تحل الملفات الكاملة محلها.
loose-open = انظر في القطع التي وصلت
preview-under-way = قيد الفحص
preview-ready = جاهز
preview-failed = لا يمكن عرضه

## أنواع الملفات
kind-jpeg = صورة (JPEG)
kind-png = صورة (PNG)
kind-heic = صورة (HEIC)
kind-mp4 = فيديو (MP4)
kind-mov = فيديو (MOV)
kind-mp3 = تسجيل صوتي (MP3)
kind-pdf = وثيقة (PDF)
kind-unknown = ملف من نوع غير معروف

## المادة
item-title = مادة
item-note = ملاحظة المُرسِل
item-note-hint = كلام المُرسِل كما كتبه، لم يُتحقَّق منه.
preview-under-way-hint = يُفتح الملف في بيئة معزولة. تبيّن هذه الصفحة حين ينتهي ذلك.
gate-title = لا يُعرض شيء قبل أن تطلبه
gate-hint = قد يُظهر عنفًا أو موتًا. خذ ما يلزمك من وقت، ويمكنك إخفاؤه في أي لحظة.
gate-show = اعرضه
gate-show-jpeg = اعرض الصورة
gate-show-png = اعرض الصورة
gate-show-heic = اعرض الصورة
gate-show-mp4 = اعرض الفيديو
gate-show-mov = اعرض الفيديو
gate-show-mp3 = اعرض التسجيل
gate-show-pdf = اعرض الوثيقة
gate-hide = أخفِه من جديد
shown-hint = معاينة صُنعت في البيئة المعزولة، لا الأصل.
sound-off = الصوت مطفأ. شغّله من المشغّل إن أردت سماعه.
cannot-play = لا يستطيع هذا المتصفح تشغيله.
preview-alt = معاينة المادة
page-alt = الصفحة { $number } من { $of }
findings-title = { $count ->
    [zero] لم يُعثر على شيء غير الصورة والصوت
    [one] عُثر في الملف على أمر واحد
    [two] عُثر في الملف على أمرين
    [few] عُثر في الملف على { $count } أمور
    [many] عُثر في الملف على { $count } أمرًا
   *[other] عُثر في الملف على { $count } أمر
}
findings-none = لم تعثر الأدوات على بيانات وصفية. هذا لا يثبت عدم وجودها.
findings-hint = هذا ما في الأصل، وهو يبقى كما هو. لا يُنشر شيء من هذا.
finding-what = ما هو
finding-where = أين
finding-value = القيمة
facts-title = معلومات
fact-kind = النوع
fact-size = الحجم
fact-received = وقت الوصول
fact-dispatch = الإرسالية
fact-id = المادة
original-untouched = يُحفظ الأصل مختومًا ولا يُغيَّر أبدًا.
scrub-title = نسخة للنشر
scrub-hint = يُعاد ترميز الملف ويُترك كل ما قد يدلّ على أحد.
scrub-ask = اصنع نسخة نظيفة
scrub-again = اصنع نسخة أخرى
scrub-under-way = تُصنع الآن نسخة نظيفة. يمكنك مغادرة هذه الصفحة.
scrub-refused = لا يمكن جعل هذا الملف آمنًا للنشر.
scrub-removed = { $count ->
    [zero] لم يُحذف شيء
    [one] حُذف أمر واحد
    [two] حُذف أمران
    [few] حُذفت { $count } أمور
    [many] حُذف { $count } أمرًا
   *[other] حُذف { $count } أمر
}
scrub-removed-none = لم يكن هناك ما يُحذف.
scrub-left = { $count ->
    [zero] لم يبقَ شيء
    [one] بقي أمر واحد
    [two] بقي أمران
    [few] بقيت { $count } أمور
    [many] بقي { $count } أمرًا
   *[other] بقي { $count } أمر
}
scrub-left-none = لم يجد فحصٌ جديد للملف الناتج شيئًا.
scrub-tools = صُنعت باستعمال
derivative = نسخة نظيفة
custody-title = سلسلة الحيازة
custody-hint = يحمل كل قيد بصمة القيد الذي قبله، فلا يمكن تغيير قيد أو إسقاطه من غير أن يُكشف.

## ما عُثر عليه في ملف
finding-location = موقع
finding-device = جهاز
finding-time = وقت
finding-person = اسم شخص
finding-software = برنامج
finding-identifier = معرّف
finding-embedded-picture = صورة مضمّنة
finding-maker-notes = ملاحظات الشركة المصنّعة
finding-edit-history = سجلّ التعديلات
finding-comment = تعليق
finding-embedded-file = ملف مضمّن
finding-script = نص برمجي
finding-annotation = حاشية
finding-hidden-content = محتوى مخفي
finding-trailing-data = بيانات بعد نهاية الملف
finding-extra-stream = مسار إضافي
finding-colour-profile = ملف ألوان
finding-orientation = اتجاه الصورة
finding-encoder-trace = أثر المرمِّز
finding-other-metadata = بيانات وصفية أخرى
finding-harms-tools = أضرّ الملف بإحدى الأدوات
finding-other = غير ذلك ({ $code })

## لماذا لا يُقبل ملف
media-unknown-kind = لا يمكن جعل هذا النوع آمنًا. اطلب ملف JPEG أو PNG أو HEIC أو MP4 أو MOV أو MP3 أو PDF.
media-empty = الملف فارغ.
media-encrypted = الملف مقفل بكلمة مرور. اطلب نسخة غير مقفلة.
media-damaged = الملف متضرّر أو ليس ما يدّعيه.
media-too-large = الملف أكبر مما يُقبل من نوعه.
media-too-many-pixels = في الصورة عدد من البكسلات يفوق الحد.
media-too-long = التسجيل أطول من الحد. اطلبه مجزّأً.
media-too-many-pages = صفحات الوثيقة أكثر من الحد. اطلبها مجزّأة.
media-nothing-to-show = ليس في الملف صورة أو صوت يمكن قراءته.
media-tool-crashed = انهارت أداة عند فتح هذا الملف. تعامل معه على أنه هجوم.
media-tool-stalled = توقفت أداة عند فتح هذا الملف. تعامل معه على أنه هجوم.
media-tool-memory = نفدت ذاكرة أداة عند فتح هذا الملف. تعامل معه على أنه هجوم.
media-tool-output = يتضخّم الملف عند فكّه إلى أضعاف حجمه. تعامل معه على أنه هجوم.
media-unsafe-left = بعد التنظيف بقي في الملف ما قد يدلّ على أحد.
media-given-up = حاولت غرفة التحرير مرات عدة ولم تستطع العمل على هذا الملف. الخلل في هذا الجهاز لا في الملف؛ راجع المسؤول عن تشغيله.

## المصادر
sources-hint = المصادر منفصلة عن كل ما سواها، ولا يراها إلا محرّرو السلامة. تُقيَّد كل نظرة في سجل التدقيق.
sources-empty-title = لا مصادر بعد
sources-empty = يظهر المصدر هنا حين تصدر له حقيبة.
source-title = مصدر
source-heard = آخر خبر منه:
source-never-heard = لم يصل منه شيء بعد
source-dispatches = { $count ->
    [0] لا إرساليات
    [one] إرسالية واحدة
    [two] إرساليتان
    [few] { $count } إرساليات
    [many] { $count } إرسالية
   *[other] { $count } إرسالية
}
pairs-few = الردود الباقية قليلة
contact-expected = على تواصل
contact-missed = انقطع التواصل
contact-missed-title = انقطع التواصل:
contact-missed-since = كان الخبر منتظرًا حتى
thread-title = في الاتجاهين
thread-empty = لم يمضِ شيء في أي اتجاه بعد.
write-title = اكتب
write-hint = تنتظر الرسالة في صناديق البريد حتى يطلبها المصدر بنفسه، وتُعرض عليه مرة واحدة. لا شيء يرنّ. اكتب كأن الهاتف في يد غيره.
write-text = الرسالة
write-answers = جوابًا عن
write-answers-none = لا إرسالية بعينها
write-send = أرسل
write-measure = ما طولها؟
write-length = { $bytes } من { $limit } بايت
write-no-pair = لا يمكن مراسلة هذا المصدر الآن: يلزم كلَّ رد مفتاحٌ يرسله مع إرسالية، ولم يبقَ مفتاح. تأتي الإرسالية القادمة بمفاتيح جديدة.
write-other-pairs = لا يمكن الآن مراسلة خزنة كل يوم. لا يُرسل إلا جواب عن إرسالية جاءت من الخزنة الأخرى، وإليها يذهب.
write-another-vault = الجواب عن إرسالية من خزنة أخرى يذهب إلى تلك الخزنة: إلى من أجبره أو من عنده نسخة من حقيبته. وكل رسالة غيره تذهب إلى خزنة كل يوم وحدها.
write-pairs-left = { $count ->
    [one] لا يمكن إرسال سوى رد واحد حتى يرسل المصدر شيئًا. والإيصالات تحتاج إلى ردود أيضًا. اطلب منه أن يرسل بضع كلمات.
    [two] لا يمكن إرسال سوى ردين حتى يرسل المصدر شيئًا. اطلب منه أن يرسل بضع كلمات.
   *[other] لا يمكن إرسال سوى { $count } ردود حتى يرسل المصدر شيئًا. اطلب منه أن يرسل بضع كلمات.
}
write-last = أرسِلها مع أنها الأخيرة
message-from = كتب { $name }
message-answers = جواب عن
message-queued = تنتظر نقطة إيداع
message-left = في صندوق البريد لدى { $drops } من { $of } من نقاط الإيداع
message-heard-since = وصل منه خبر بعدها
watch-title = انقطاع التواصل
watch-hint = إذا لم يصل شيء طوال هذه المدة نُبِّه كل من يحق له أن يرى المصادر، مع ما ينبغي فعله.
watch-by = الخبر القادم منتظر حتى
watch-days = الأيام
watch-hours = والساعات
watch-plan = ماذا نفعل حينئذ
watch-set = اضبط المؤقّت
watch-off = أزله
forced = تحت الإكراه
forced-title = { $count ->
    [one] أُرسلت إرسالية واحدة تحت الإكراه
    [two] أُرسلت إرساليتان تحت الإكراه
    [few] أُرسلت { $count } إرساليات تحت الإكراه
   *[other] أُرسلت { $count } إرسالية تحت الإكراه
}
forced-hint = استعمل المرسل لذلك علامة الإكراه. تستمر الإيصالات كالمعتاد ولا يظهر عند المرسل أنكم تعلمون. لا تذكروا ذلك في رسالة، فقد يقرؤها غيره.
another-vault = من خزنة أخرى
another-vault-hint = بعضها لم يأتِ من خزنة كل يوم. يحدث ذلك بعد أن يُجبَر المصدر على إعطاء عبارة الإكراه، أو حين تكون عند غيره نسخة من حقيبته. عدّوه مرسلًا تحت الإكراه. ما قيل لخزنة كل يوم وما يُقال لها لا يُرسل إلى هناك أبدًا.
captured = وقعت في يد غيره
risk-title = وراء هذا التقرير مصدر في خطر
risk-forced = أُرسل شيء فيه تحت الإكراه: قد يكون طُعمًا، وقد يؤذي نشرُه من أرسله.
risk-captured = شيء فيه جاء من حقيبة وقعت في يد غير صاحبها. التقرير محجوز حتى تراجعه.
risk-answer = أتحمّل مسؤولية هذا الإصدار مع ذلك
risk-wait = على محرّر السلامة أن يقرّر أمرًا في هذا التقرير قبل أن يخرج.
rotation-due-title = حان تغيير المفاتيح
rotation-due = وقعت حقيبة في يد غير صاحبها. اصنعوا مفتاح استقبال جديدًا وأبلغوا المصادر الأخرى ببلاغ.
capture-title = إجراء الوقوع في الأسر
capture-hint = إذا صار الجهاز أو الحقيبة في يد غير صاحبها: فعل واحد يقطعها. يعرض أولًا ما سيفعله.
capture-open = اعرض ما سيفعله
capture-when = متى أُخذت؟
capture-since = أُخذت في (بالتوقيت العالمي؛ فارغ يعني الآن)
capture-look = اعرض من جديد
capture-does = ما يفعله
capture-refused = يرفض كل ما خُتم بالحقيبة ابتداءً من أسبوعها { $epoch }، وهو الذي فيه
capture-tokens = { $count ->
    [0] لا رموز إرسال لسحبها
    [one] يسحب رمز إرسال واحدًا من نقطة إيداعه
    [two] يسحب رمزَي إرسال من كل نقاط الإيداع
    [few] يسحب { $count } رموز إرسال من كل نقاط الإيداع
   *[other] يسحب { $count } رمز إرسال من كل نقاط الإيداع
}
capture-frozen = { $count ->
    [0] لا يحجز أي تقرير: لا شيء منها في تقرير
    [one] يحجز تقريرًا واحدًا حتى يراجعه محرّر السلامة
    [two] يحجز تقريرين حتى يراجعهما محرّر السلامة
    [few] يحجز { $count } تقارير حتى يراجعها محرّر السلامة
   *[other] يحجز { $count } تقريرًا حتى يراجعها محرّر السلامة
}
capture-rotates = لا يرسل إلى الحقيبة ردودًا بعد الآن ولا ما ينتظر منها، ويعلّم مفاتيح الاستقبال بأن تغييرها واجب
capture-published = { $count ->
    [0] لا تقرير منشور فيه شيء منها
    [one] تقرير واحد منشور
    [two] تقريران منشوران
    [few] { $count } تقارير منشورة
   *[other] { $count } تقريرًا منشورًا
}
capture-published-hint = راجعوها الآن: هل يُعرف أحد أو مكان؟ هل يمكن ربط حامل الجهاز بها؟
capture-items = { $count ->
    [0] لم تأتِ منها مواد
    [one] جاءت منها مادة واحدة
    [two] جاءت منها مادتان
    [few] جاءت منها { $count } مواد
   *[other] جاءت منها { $count } مادة
}
capture-items-hint = قد يعرف من يحمل الجهاز ما أُرسل. ابحثوا في الملفات والملاحظات عن أسماء ووجوه وأماكن، وحذّروا من تستطيعون.
capture-confirm = اقطعها
capture-reason = السبب (يُحفظ مختومًا)
capture-rehearse = تدريب: لا يغيّر شيئًا
capture-do = اقطع الحقيبة
capture-rehearsed-title = تدريب
capture-rehearsed = فُحص كل شيء ولم يتغيّر شيء.
capture-done = قُطعت
capture-next = الآن: حذّروا من قد يُذكر اسمه، وراجعوا ما نُشر، وغيّروا مفاتيح الاستقبال، ولا تعطوا المراسل حقيبة جديدة إلا حين تعرفون إلى أي يد تصل.

## التقارير
stories-empty-title = لا تقارير بعد
stories-empty = يجمع التقرير النسخ النظيفة والكلام باللغتين، ويوافق عليه شخصان قبل أن يخرج.
story-new = تقرير جديد
story-title = تقرير بلا عنوان
story-untitled = لا عنوان بعدُ باللغة { $language }
story-version = الإصدار { $version }
story-draft = مسودة
story-cleared = مُجاز
story-publishing = قيد النشر
story-published = منشور
story-headline = العنوان
story-text = النص
story-save = احفظ
story-save-hint = حفظ أي تغيير يصنع إصدارًا جديدًا، ولا تُحسب له موافقات الإصدار السابق.
story-unsaved = هناك تغييرات لم تُحفظ.
story-edit-voids = { $count ->
    [zero] لا موافقات قائمة.
    [one] هناك موافقة قائمة، وحفظ أي تغيير يبطلها.
    [two] هناك موافقتان قائمتان، وحفظ أي تغيير يبطلهما.
    [few] هناك { $count } موافقات قائمة، وحفظ أي تغيير يبطلها.
    [many] هناك { $count } موافقة قائمة، وحفظ أي تغيير يبطلها.
   *[other] هناك { $count } موافقة قائمة، وحفظ أي تغيير يبطلها.
}
media-title = صور وفيديو وصوت
media-hint = لا يمكن اختيار غير النسخ النظيفة. صِف كلًّا منها لمن لا يراها أو لا يسمعها.
media-none = لا نسخ نظيفة بعد. اصنع واحدة من مادة في
media-item = المادة الأصل
media-alt = الوصف باللغة { $language }
flash-lead = ما أُبلغ به ولا يحتمل الانتظار: كلمات قليلة ومكان تقريبي، مع علامة «غير مؤكّد». يخرج إلى الموقع وكل القنوات مع الموافقة الثانية.
flash-new = أرسل خبرًا عاجلًا
flash-send = أرسله لموافقة ثانية
flash-binds = الإرسال موافقة منك على هذه الكلمات نفسها. تخرج فور موافقة شخص آخر، ولا بد أن يكون أحدكما محرّر السلامة.
flash-send-out = وافق باسم { $name } وأخرجه
flash-waits = وافقتَ عليه، وهو ينتظر شخصًا آخر.
flash-out = هو على الموقع.
flash-channels = في { $stands } من { $all } من القنوات.
flash-story = افتحه كتقرير
flash-place-hint = بلدة أو حيّ، لا شارع ولا مبنى أبدًا.
flash-place-known = المكان
flash-place-new = مكان آخر يُسمّى أدناه
schedule-go = ليخرج في موعده
schedule-waits = يخرج من تلقاء نفسه:
schedule-refused = لم يخرج:
schedule-clock = قُدِّمت ساعة هذا الجهاز نحو { $minutes } من الدقائق. ما حُدِّد له موعد ينتظر الوقت الذي مرّ فعلًا. إن كانت الساعة خاطئة من قبل وصحيحة الآن فأعد تشغيل الجهاز.
schedule-back = احجزه
told-title = ما يُقال في كل قناة
told-look = انظر ما يُقال في كل قناة
told-back = عُد إلى التقرير؛ لا شيء محفوظ هنا
told-not-saved = الكلام كما هو في النموذج الآن وكما سيراه قرّاء كل قناة. عُد لحفظه.
told-nowhere = لا قناة مستعملة. يخرج التقرير إلى الموقع وحده.
told-left-out = فُتحت بعد حفظ هذا الإصدار فلا يذهب إليها؛ احفظ التقرير مرة أخرى ليشملها:
told-corrected = تصحيحًا لما هو منشور هناك
told-covered = مغطّى
told-behind = يبقى خلف الرابط: لا يتّسع شيء منه هناك.
burnt-code = الرمز في زاويته:
variants-title = نسخ منه للقنوات التي تقبل أقل: { $count }
rung-large = كبيرة
rung-middle = متوسطة
rung-small = صغيرة
rung-blurred = مموَّهة
told-length = { $takes } من { $most }
settings-title = كيف يخرج
settings-grade = درجة التثبّت
settings-slug = العنوان على الموقع
settings-graphic = نبّه القرّاء قبل أن يروا شيئًا
settings-warning = تنبيه للقرّاء
settings-not-before = ليس قبل (بالتوقيت العالمي)
settings-not-before-in = ليس قبل ({ $zone })
settings-at-once = فورًا
telling-title = ما يقوله الموقع إلى جانب النص
telling-hint = بهذا يجد القرّاء التقرير. كله علني، والموافقات تشمله.
telling-topics = الموضوع
telling-slug = العنوان (a-z وأرقام وشرطات)
telling-name = الاسم باللغة { $language }
telling-place = المكان المعلن
telling-place-hint = بالقدر الذي تسمح به السلامة. تُقرَّب النقطة إلى جزء من مئة من الدرجة، أي نحو كيلومتر؛ اتركها فارغة إن كان حتى ذلك أدقّ مما يجوز.
telling-north = درجات شمالًا
telling-east = درجات شرقًا
telling-point = النقطة (شمالًا، شرقًا)
telling-when = متى حدث
telling-when-hint = 2026 أو 2026-11 أو 2026-11-22؛ ~ بعده لما هو تقريبي، و? لغير المؤكّد، و/ بين تاريخين.
telling-correction = تصحيح
telling-correction-hint = ما كان خطأ وما حلّ محلّه. يراه القرّاء في التقرير وفي الخلاصات وفي صفحة التصحيحات.
withdraw-title = سحب هذا التقرير
withdraw-lead = يبقى العنوان ولا يعرض إلا السبب الذي تذكره؛ أما النص والملفات فتخرج من الموقع. يجب أن يوافق شخصان على ذلك، كما على أي إصدار.
withdraw-reason = سبب السحب
withdraw-act = حضّر السحب
withdraw-this = هذا الإصدار يسحب التقرير: فإذا نُشر حلّ السبب محلّه وخرج النص والملفات من الموقع.
grade-unconfirmed = غير مؤكَّد
grade-probable = مرجَّح
grade-confirmed = مؤكَّد
grade-contested = متنازَع فيه

## الموافقة والنشر
standing-title = في طريقه إلى النشر
approval-needed = تنقص موافقة
approval-safety-needed = تنقص موافقة محرّر السلامة
approve-go = اقرأ ووافق
approve-look-again = اقرأ ما تمّت الموافقة عليه
approve-title = الموافقة
approve-lead = هذا كل ما سيخرج: النصّان وكل ملف وكل إعداد. توافق على هذا بعينه.
approve-media = { $count ->
    [zero] لا ملفات
    [one] ملف واحد
    [two] ملفان
    [few] { $count } ملفات
    [many] { $count } ملفًا
   *[other] { $count } ملف
}
approve-show = اعرض الملفات
approve-open = افتح الوثيقة
approve-version = الإصدار
approve-no-title = بلا عنوان
approve-hash = ما توافق عليه، في رقم واحد
approve-binds = تشمل هذه البصمة كل ما سبق. إن تغيّر شيء تغيّرت البصمة وبطلت الموافقة.
approve-as = وافق باسم { $name }
approve-done-by-you = وافقتَ على هذا بعينه. يلزم أن يوافق عليه شخص آخر أيضًا.
publish = انشر
publishing = يُبنى الموقع الآن ويُقيَّد كل ملف في السجل العلني.
published-title = نُشر
published-page = الصفحة على الموقع
published-file = الملف
published-proof = الإثبات
published-hint = يستطيع أي أحد أن يتحقق من ملف بإثباته بأداة fh-verify، من دوننا ومن دون شبكة.

## أخطاء
fault-title = لم يتمّ ذلك
fault-back = ارجع
fault-moment-unclear = تتغيّر الساعة حينها: هذه الدقيقة تأتي مرتين أو لا تأتي أبدًا في توقيت غرفة الأخبار. اختر غيرها.
fault-wait = { $seconds ->
    [zero] محاولات كثيرة. حاول من جديد.
    [one] محاولات كثيرة. انتظر ثانية واحدة ثم حاول من جديد.
    [two] محاولات كثيرة. انتظر ثانيتين ثم حاول من جديد.
    [few] محاولات كثيرة. انتظر { $seconds } ثوانٍ ثم حاول من جديد.
    [many] محاولات كثيرة. انتظر { $seconds } ثانية ثم حاول من جديد.
   *[other] محاولات كثيرة. انتظر { $seconds } ثانية ثم حاول من جديد.
}
fault-internal = حدث عطل داخل الغرفة ولم يتغيّر شيء. يجد المشغّل السبب في السجل.
fault-not-found = لا شيء في هذا العنوان، أو لم يعد فيه شيء.
fault-not-made = لم يُصنع هذا بعد.
fault-locked = غرفة التحرير مقفلة.
fault-sign-in-first = سجّل الدخول أولًا.
fault-wrong-password = الاسم وكلمة المرور لا يتطابقان.
fault-csrf = الاستمارة قديمة أو لم تأتِ من هذه الغرفة. افتح الصفحة من جديد وكرّر ما فعلت.
fault-origin = لم يأتِ الطلب من صفحة من صفحات هذه الغرفة، فلم يُنفَّذ شيء.
fault-host = لا تجيب هذه الغرفة تحت هذا الاسم.
fault-method = لا يُستعمل هذا العنوان على هذا النحو.
fault-bad-request = تعذّر فهم الطلب.
fault-not-a-form = تنتظر الغرفة استمارة.
fault-too-large = هذا أكبر مما تقبله الغرفة.
fault-too-short = كلمة المرور قصيرة.
fault-too-long = كلمة المرور أطول من الحد.
fault-differ = كلمتا المرور مختلفتان.
fault-guessable = كلمة المرور سهلة التخمين.

## ما ترفضه قواعد الغرفة
refusal-same-editor-twice = وافقتَ على هذا من قبل. يجب أن تأتي الموافقة الثانية من شخص آخر.
refusal-stale-approval = تغيّر التقرير بعد أن فتحتَ هذه الصفحة. اقرأه من جديد قبل أن توافق.
refusal-not-cleared = يجب أن يوافق شخصان مختلفان على هذا الإصدار قبل نشره.
refusal-safety-missing = لم يوافق محرّر السلامة على هذا الإصدار.
refusal-already-published = هذا الإصدار منشور من قبل.
refusal-unknown-channel = لا توجد قناة كهذه، أو ليست لها بيانات دخول.
refusal-channel-settled = لا شيء هناك ينتظر التأكيد.
refusal-channel-changed = أُدخلت بيانات دخول أخرى بعد أن فتحتَ هذه الصفحة. انظر إلى القناة من جديد قبل أن تؤكّدها.
refusal-channel-elsewhere = بيانات الدخول هذه تخصّ خادمًا آخر أو حسابًا آخر. أدخلها قناةً جديدة.
refusal-unknown-delivery = لا يوجد إرسال كهذا.
refusal-delivery-settled = لم يبقَ ما يُقرَّر بشأن هذا الإرسال.
refusal-edit-conflict = حفظ شخص آخر هذا التقرير في أثناء ذلك. افتحه من جديد وأعد تغييرك.
refusal-incomplete = ما زال شيء ناقصًا: العنوان والنص والأوصاف لازمة باللغتين.
refusal-too-long = أحد النصوص أطول من الحد.
refusal-control-character = في أحد النصوص محرف تحكّم لا يُرى. احذفه واحفظ من جديد.
refusal-too-many-media = في هذا التقرير ملفات أكثر من الحد.
refusal-too-many-topics = في هذا التقرير مواضيع أكثر من الحد.
refusal-topic-twice = ذُكر موضوع مرتين.
refusal-nowhere = ليست هذه النقطة على الكرة الأرضية. اكتب الدرجات بفاصلة عشرية هي نقطة، كلتيهما أو لا شيء.
refusal-bad-date = ليس هذا تاريخًا كما يكتبه الموقع: 2026 أو 2026-11 أو 2026-11-22.
refusal-withdrawn-and-told = الإصدار الذي يسحب تقريرًا يحمل السبب ولا شيء غيره.
refusal-nothing-to-withdraw = لم يُنشر هذا التقرير قط، فلا شيء يُسحب.
refusal-unknown-derivative = أحد الملفات المختارة غير موجود.
refusal-derivative-twice = اختير ملف مرتين.
refusal-slug-invalid = يتكوّن العنوان من حروف لاتينية صغيرة وأرقام وشرطات مفردة، من 3 إلى 60.
refusal-slug-taken = لتقرير آخر هذا العنوان.
refusal-not-yet = هذا التقرير محجوز إلى وقت لاحق.
refusal-no-moment = لم يُحدَّد لهذا التقرير موعد في المستقبل.
refusal-not-scheduled = هذا التقرير لا ينتظر موعدًا.
refusal-unknown-story = لا تقرير كهذا.
refusal-unknown-item = لا مادة كهذه.
refusal-unknown-publication = لا نشر كهذا.
refusal-not-an-editor = لا يمكن استعمال هذا الحساب.
refusal-not-a-flash = الخبر العاجل كلمات قليلة باللغتين مع مكان مسمّى: غير مؤكّد، بلا ملفات ولا نقطة على الخريطة ولا تأجيل ولا تصحيح. ما عدا ذلك يمرّ عبر التقارير.
refusal-not-approved = لم توافق على هذا الإصدار.
refusal-name-taken = هذا الاسم لشخص آخر.
refusal-name-invalid = يتكوّن الاسم من 1 إلى 80 حرفًا.
refusal-no-role = يلزم المحرّر دور.
refusal-enrolment-spent = استُعمل هذا الرابط من قبل أو لم يوجد قط. اطلب رابطًا جديدًا، وأبلغ إن لم تكن أنت من استعمله.
refusal-enrolment-expired = انتهت صلاحية هذا الرابط. اطلب رابطًا جديدًا.
refusal-too-many-attempts = محاولات كثيرة. انتظر قليلًا.
refusal-not-examined = ما زال الملف قيد الفحص.
refusal-already-working = العمل جارٍ على هذا من قبل.
refusal-cannot-protect = لا يمكن جعل هذا الملف آمنًا للنشر.
refusal-kit-taken = هناك حقيبة بهذا الاسم المستعار.
refusal-unknown-kit = لا حقيبة كهذه.
refusal-drop-taken = نقطة الإيداع هذه معروفة من قبل.
refusal-reply-pair-spent = استُعمل مفتاح الرد هذا من قبل.
refusal-sources-not-yours = لا يرى المصادر إلا محرّرو السلامة.
refusal-message-invalid = تتكوّن الرسالة من 1 إلى 16384 بايت ولا محارف تحكّم فيها.
refusal-no-reply-pair = لا يمكن مراسلة هذا المصدر حتى يصل منه شيء جديد.
refusal-last-reply-pair = هذا آخر رد يمكن إرساله إلى هذا المصدر. أكِّد أنك تقصد ذلك، أو اطلب منه أولًا أن يرسل شيئًا.
refusal-risk-not-acknowledged = على محرّر السلامة أن يتحمّل مسؤولية هذا الإصدار أولًا.
refusal-story-frozen = هذا التقرير محجوز حتى يراجعه محرّر السلامة.
refusal-nothing-to-acknowledge = لا شيء يستدعي ذلك.
refusal-already-captured = قُطعت هذه الحقيبة من قبل.
refusal-reason-missing = السبب لازم، ولا يتجاوز 2000 حرف.
refusal-stale-plan = تغيّر شيء بعد عرض الخطة. انظر إليها من جديد.
refusal-no-drop = ليس للغرفة نقطة إيداع تحمل رسالة.
refusal-watch-invalid = المدة بين ساعة واحدة و90 يومًا، والخطة 2000 حرف على الأكثر.
refusal-other = لا تسمح قواعد الغرفة بذلك ({ $code }).

## ما جرى
act-newsroom-founded = أُنشئت الغرفة
act-newsroom-unlocked = فُتحت الغرفة
act-newsroom-locked = أُقفلت الغرفة
act-editor-added = فُتح حساب
act-editor-enrolled = وُضعت كلمة مرور
act-editor-reissued = صدر رابط تسجيل جديد
act-editor-closed = أُغلق حساب
act-editor-signed-in = تسجيل دخول
act-editor-signed-out = تسجيل خروج
act-editor-throttled = كلمات مرور خاطئة كثيرة
act-drop-added = أُضيفت نقطة إيداع
act-drop-misbehaved = أساءت نقطة إيداع التصرّف
act-kit-issued = صدرت حقيبة
act-kit-offered = صارت حقيبة متاحة لمن يطلبها باثنتي عشرة كلمة
act-kit-asked = طلب جهاز حقيبة
act-kit-contested = طلب جهاز آخر بالكلمات نفسها
act-kit-handed-over = تُركت حقيبة للجهاز الذي طلبها
act-kit-advanced = تقدّمت مفاتيح حقيبة
act-dispatch-seen = أول ظهور
act-piece-authentic = ثبتت صحة قطعة
act-piece-quarantined = عُزلت قطعة تناقض نفسها
act-dispatch-opened = فُتحت الإرسالية
act-dispatch-unreadable = تعذّرت قراءة الإرسالية
act-receipt-queued = خُتم إيصال
act-receipt-put = وُضع الإيصال في صندوق البريد
act-reply-queued = خُتم رد
act-reply-put = وُضع الرد في صندوق البريد
act-source-viewed = اطُّلع على المصادر
act-source-written = كُتبت رسالة إلى مصدر
act-source-watched = تغيّر مؤقّت انقطاع التواصل
act-dispatch-noted = دُوّنت ملاحظة
act-source-captured = قُطعت حقيبة وقعت في يد غير صاحبها
act-source-captures-rotated = غُيّرت المفاتيح بعد الوقوع في الأسر
act-story-risk-acknowledged = تحمّل محرّر السلامة مسؤولية خطر
act-story-frozen = حُجز حفاظًا على مصدر
act-item-entered = قُيّدت المادة وخُتم الأصل
act-item-examined = فُحصت في البيئة المعزولة
act-item-viewed = اطُّلع عليها
act-item-scrub-asked = طُلبت نسخة نظيفة
act-item-scrubbed = صُنعت نسخة نظيفة
act-item-scrub-refused = رُفض صنع نسخة نظيفة
act-item-published = نُشرت في تقرير
act-story-created = بُدئ التقرير
act-story-saved = حُفظ التقرير
act-story-approved = تمّت الموافقة على التقرير
act-story-approval-withdrawn = سُحبت موافقة
act-story-published = أُجيز التقرير للنشر
act-story-scheduled = يخرج التقرير في موعده
act-story-unscheduled = حُجز التقرير من جديد
act-story-not-sent = لم يخرج التقرير في موعده
act-story-live = التقرير على الموقع
act-subscribers-added = أُضيفت عناوين إلى نشرة بريدية
act-subscribers-left = شُطبت عناوين من نشرة بريدية
act-channel-entered = أُدخلت بيانات دخول قناة
act-channel-confirmed = أكّد شخصٌ ثانٍ القناة
act-channel-stopped = توقّفت القناة: المنصّة لا تسمح لنا بالدخول
act-channel-closed = أُلغيت القناة ومُحيت بيانات دخولها
act-delivery-settled = عُرف مصير منشور في قناة
act-delivery-withdrawn = سُحب من القنوات

## سطر الأوامر
cli-founded-files = أُسِّست غرفة التحرير. عبارات المرور ورموز التسجيل في { $path }؛ سلِّم كلًّا منها إلى صاحبها ثم احذف الملفات.
cli-founded-here = أُسِّست غرفة التحرير. ما يلي يُعرض مرة واحدة ولا يُحفظ في أي مكان.
cli-passphrases = عبارات مرور الأمناء (اكتبوها، وليحفظ كل منكم عبارته بعيدًا عن غيره):
cli-enrolments = رموز تسجيل المحرّرين (صالحة سبعة أيام، على العنوان ‎/enrol/CODE):
cli-named-twice = ورد الاسم { $name } مرتين؛ لكل شخص اسم خاص به.
cli-cannot-read = تعذّرت قراءة { $path }.
cli-cannot-write = تعذّرت الكتابة في { $path }.
cli-memory-open = يسمح هذا النظام بكتابة ذاكرة البرنامج على القرص أو بقراءتها. لم يُفعل شيء؛ استعمل نظامًا آخر.
cli-drop-added = تقرأ غرفة التحرير الآن من نقطة الإيداع { $url }.
cli-drop-began = كانت نقطة الإيداع قد حذفت أول { $cells } خلية من قبل. تقرأ غرفة التحرير ما فيها الآن ولا تعدّ ما سبق مفقودًا؛ وكل ما ينقص من الآن فصاعدًا إنذار.
cli-drop-confirms = تخبر نقطةَ الإيداع بما حُفظ هنا. إن كانت غرفة تحرير أخرى تقرأ نقطة الإيداع نفسها فأعطوا كلًّا منهما رمزًا خاصًّا بها وشغّلوا نقطة الإيداع بالرموز كلها: فلا تحذف إلا ما أكّدته الغرف جميعها. أما برمز واحد لغرفتين فتحذف ما لم تقرأه إحداهما.
cli-drop-keeps = لا تؤكّد شيئًا، فلا تحذف نقطة الإيداع شيئًا. وحين يضيق فيها المكان: الأمر نفسه مع ‎--confirm
cli-drop-key = مفتاح سجلها هو { $key }. قارنه بما طبعته نقطة الإيداع عند تشغيلها.
cli-drop-key-later = لا تجيب نقطة الإيداع الآن؛ تتعرّف غرفة التحرير على مفتاح سجلها عند أول قراءة. قارنه في صفحة نقاط الإيداع.
cli-no-drop = ليس لغرفة التحرير نقطة إيداع بعد؛ أضف واحدة بالأمر «fh-desk drop add».
cli-kit-unknown-drop = نقطة الإيداع هذه ليست من نقاط هذه الغرفة.
cli-kit-no-words = لم تُعرض حقيبة بالكلمات تحت هذا الاسم.
cli-kit-words = تُعرض هذه الكلمات الاثنتا عشرة مرة واحدة ولا تُحفظ في أي مكان. أبلِغها الكلمات والعنوان { $url } بطريق لا يسمعه أحد سواها. ومتى طلب جهازها الحقيبة قارِن بصوت مسموع الكلمات الأربع التي يعرضها «kit code» وتعرضها صفحتها بالكلمات التي عندها، قبل أن تصدّق أي شيء يصل.
kit-code-title = كلمات تُقارَن بصوت مسموع
kit-code-hint = يعرض جهازها أربع كلمات. إن لم تكن هذه فكلماتها الاثنتا عشرة عند غيرها: لا تُجب، واقطع هذه الحقيبة واصنع غيرها.
kit-code-waiting = لم يطلب جهازها الحقيبة بعد.
kit-code-rivals = طلب جهازان هذه الحقيبة، فكلماتها الاثنتا عشرة عند غيرها. لا تصدّق شيئًا يصل بهذا الاسم حتى تُقارن الكلمات الأربع بصوت مسموع.
cli-kit-exists = الملف { $path } موجود من قبل؛ لا تُكتب الحقيبة فوق ملف موجود أبدًا.
cli-kit-made = الحقيبة في { $path }. سلِّمها يدًا بيد ثم احذف الملف؛ فكل من يملكها يستطيع أن يرسل بذلك الاسم.
cli-kit-drop-waits = تعذّر إبلاغ نقطة الإيداع { $url } برموز الحقيبة؛ ستبلغها غرفة التحرير حين تُفتح في المرة القادمة.
cli-ask-passphrase = عبارة مرور { $name } (اتركها فارغة إن كان غائبًا):
cli-no-terminal = لا توجد طرفية للسؤال عبرها؛ أعطِ ملفات عبارات المرور بدلًا من ذلك.
cli-not-a-custodian = ليس { $name } من الأمناء؛ الأمناء هم: { $names }.
cli-too-few = يلزم { $need } من الأمناء ولم يحضر سوى { $have }؛ أعد المحاولة حين يحضر عدد كافٍ.
cli-swap-in-clear = تحذير: هذا الجهاز ينقل محتوى الذاكرة إلى القرص دون تعمية ({ $areas })، وقد يُكتب هناك ما تفتحه غرفة التحرير. أوقِف ذاكرة المبادلة (swapoff -a) أو عمِّها.

## نقاط الإيداع
nav-drops = نقاط الإيداع
drops-intro = نقاط الإيداع ليست موضع ثقة. تحتفظ غرفة التحرير بشجرة خاصة بها تشمل كل خلية، وتقارنها بما توقّعه كل نقطة وبما عُرض على المراسلين.
drops-none = لا توجد نقطة إيداع بعد. أضف واحدة بالأمر «fh-desk drop add».
drop-fine = كما ينبغي
drop-alarm = تسيء التصرّف
drop-unseen = لم تُفحص بعد
drop-cells = قُرئت { $cells } خلية، منها { $proven } تثبتها نقاط التحقق التي وقّعتها.
drop-began = كانت أول { $cells } خلية فيها قد حُذفت قبل أن تقرأها غرفة التحرير أول مرة. إن كان مراسلو هذه الغرفة قد استعملوها قبل ذلك فاطلبوا منهم إرسال ما لا إيصال له من جديد.
drop-noise = { $cells } خلية جاءت منها لا تخصّ أحدًا. تُكمَّل الجلسات ببعضها. أما الكثير منها فممّن يملأ نقطة الإيداع ضجيجًا: ما لا يفتحه مفتاح أي حقيبة يُسقط حين يضيق المكان.
drop-signed = أحدث نقطة تحقق وقّعتها بتاريخ
drop-key = مفتاح السجل:
drop-about-cells = (سجل من { $cells } خلية)
drop-evidence = الوثائق الموقّعة التي تثبت ذلك
conduct-forked = وقّعت سجلّين مختلفين.
conduct-rewritten = وقّعت سجلًا لا يتكوّن من الخلايا التي سلّمتها.
conduct-rolled-back = تراجعت إلى ما قبل ما وقّعته أو سلّمته.
conduct-withheld = وقّعت خلايا أكثر مما تسلّمه.
conduct-lost = حذفت خلايا قبل أن تقرأها غرفة التحرير.
conduct-other-key = توقّع بمفتاح آخر.
conduct-stale = نقطة التحقق التي تعرضها قديمة جدًا.
conduct-unproven = أحضر جهاز أحد المراسلين نقطة تحقق لم توقّعها نقطة الإيداع هذه.
conduct-advice-forked = هناك من تُعرض عليه نقطة إيداع مختلفة. احتفظ بالوثائق، ولا تضع نقطة الإيداع هذه في حقيبة جديدة، وأضف غيرها، واطلب من المراسلين الإرسال من جديد عبرها.
conduct-advice-rewritten = استُبدلت خلايا أو أُزيلت بعد تسليمها. لا يمكن أن يُفتح شيء مزوّر، لكن قد ينقص شيء: أضف نقطة إيداع أخرى واطلب من المراسلين الإرسال من جديد.
conduct-advice-rolled-back = اسأل من يشغّلها: استعادة نسخة احتياطية قديمة تبدو هكذا، وكذلك إعادة كتابة السجل. قد تنقص خلايا؛ ابدأ نقطة إيداع جديدة واطلب من المراسلين الإرسال من جديد.
conduct-advice-withheld = تُحجب عن غرفة التحرير خلايا سلّمها المراسلون. استعمل نقطة إيداع أخرى؛ فما لم يصل عنه إيصال يُرسل من جديد تلقائيًا.
conduct-advice-lost = لم تعد هذه الخلايا موجودة هنا. ما ليس له إيصال ما زال على أجهزة المراسلين؛ اطلب منهم الإرسال من جديد، وتأكّد من أن لكل غرفة تحرير تقرأ نقطة الإيداع هذه رمزًا خاصًّا بها: فبرمز مشترك يُحذف ما أكّدته إحداهما قبل أن تقرأه الأخرى.
conduct-advice-other-key = قارن المفتاح مع من يشغّل نقطة الإيداع بطريق آخر. إن لم يغيّره أحد فهناك من يقف مكانها: توقّف عن استعمال هذا العنوان.
conduct-advice-stale = ربما توقّفت عن التوقيع، أو هناك من يعرض على غرفة التحرير حالتها السابقة. اسأل من يشغّلها.
conduct-advice-unproven = إما أن المراسل اقتيد إلى نقطة إيداع مزيّفة أو أن جهازه لم يعد بيده. اسأله في رسالة، وانظر ماذا وصل أيضًا من تلك الحقيبة.
refusal-capture-ahead = لم يأتِ ذلك الوقت بعد.
refusal-intake-current = هذا هو المفتاح الذي تختم له الحقائب الآن. أنشئ مفتاحًا جديدًا أولًا.
refusal-intake-unopened = هنا قطع قد لا يفتحها إلا هذا المفتاح. افتح غرفة التحرير ودعها تعمل أولًا.
refusal-intake-in-use = قد يكون في الطريق ما لا يفتحه إلا هذا المفتاح. لذلك يبقى.
act-noise-dropped = أُسقطت خلايا ضجيج من قائمة الانتظار
act-blobs-swept = حُذفت ملفات خلّفها انقطاع
act-kit-closed = مُحيت مفاتيح قديمة لحقيبة
act-kit-forked = وصلت سلسلة ثانية لحقيبة واحدة: لقد نسخها أحد
act-kit-captured = وقعت حقيبة في يد غير صاحبها وهي مرفوضة
act-kit-supplied = أُرسلت جلسات جديدة إلى حقيبة
act-intake-rotated = أُنشئ مفتاح استقبال جديد
act-intake-destroyed = أُتلف مفتاح استقبال
act-bulletin-published = نُشر بلاغ
act-newsroom-rekeyed = استُبدلت مفاتيح الغرفة
cli-bad-moment = ‏«{ $text }» ليس تاريخًا؛ اكتبه هكذا: 2026-11-22 أو 2026-11-22T18:30 (بالتوقيت العالمي).
cli-kit-captured = قُطعت الحقيبة: يُرفض كل ما ختمته في الأسبوع { $epoch } بعد إصدارها أو بعده، ولا يُرسل إليها شيء. وما ختمته قبل ذلك يبقى معتدًّا به.

refusal-bulletin-not-newer = نُشر بلاغ بهذا الرقم أو برقم أحدث.
cli-custodian-key = أُنشئ مفتاح التوقيع، وهو لا يغادر هذا الجهاز. أعطِ غرفة الأخبار نصفه العلني هذا:
cli-no-custodian-key = ليس في هذا الملف مفتاح توقيع لأمين.
cli-signers-pinned = الأمناء محدَّدون من قبل؛ والبلاغ وحده يسمّي غيرهم.
cli-signers-none = لم يُحدَّد الأمناء بعد؛ افعل ذلك بالأمر ‏«fh-desk custodian pin».
cli-signers-threshold = العدد المطلوب بين واحد وعدد الأمناء المسمَّين.
cli-signers-done = حُدّد { $count } من الأمناء، ويحتاج البلاغ إلى توقيع { $threshold } منهم. الحقائب التي تُصنع من الآن تصدّقهم، أما السابقة فلا تصدّق أحدًا.
cli-bulletin-says = البلاغ { $number } من { $newsroom }، يُؤخذ حتى { $until }. يُختم بعده للمفتاح { $epoch }. نقاط إيداع مضافة: { $added }. نقاط إيداع محذوفة: { $removed }. يحتاج البلاغ التالي إلى { $threshold } من: { $custodians }. قارنوا هذا بصوت مسموع قبل التوقيع: { $fingerprint }
cli-bulletin-signed = توقيعك في الملف.
cli-bulletin-differs = ليس في الملفات البلاغ نفسه.
cli-bulletin-intake = يسمّي البلاغ مفتاحًا غير مفتاح غرفة الأخبار الآن؛ ضع مسودة جديدة.
cli-bulletin-published = نُشر البلاغ { $number }. ترسله غرفة التحرير المفتوحة إلى كل حقيبة، ويمكن حمله ملفًا أيضًا.
cli-intake-rotated = أُنشئ المفتاح { $epoch }. تُختم له الحقائب الجديدة فورًا؛ انشر بلاغًا لغيرها. تبقى المفاتيح القديمة ما دام في الطريق ما قد يحتاج إليها.
cli-intake-destroyed = أُتلف المفتاح { $epoch }. لكن النسخ الاحتياطية من حلقة المفاتيح ما زالت تحمله.
cli-desk-running = غرفة التحرير تعمل في هذا المجلد؛ أوقفها أولًا.
cli-signing-words = عبارة مرور مفتاح التوقيع هذا. تُعرض مرة واحدة؛ اكتبها واحفظها بعيدًا عن المفتاح:
cli-signing-confirm = هل كُتبت؟ اكتب «نعم». أما السطر الفارغ فيُبقي كل شيء كما كان.
cli-ask-signing-words = عبارة مرور مفتاح توقيعك:
cli-custodian-protected = صار مفتاح التوقيع محميًّا بعبارة المرور الجديدة. أما نسخ الملف السابقة فليست كذلك؛ أتلفها.
cli-custodian-bare = مفتاح التوقيع هذا محفوظ على القرص بلا عبارة مرور: من يأخذ الملف يوقّع باسمك. احمِه بالأمر ‏«fh-desk custodian protect FILE».
unlock-rekeyed = استُبدلت المفاتيح آخر مرة في
cli-rekey-known = { $name } من الأمناء أصلًا.
cli-rekey-too-few = لن يبقى سوى { $left } من الأمناء الـ{ $need } اللازمين لفتح المفاتيح الحالية. لم يتغيّر شيء.
cli-rekey-threshold = لا يمكن أن يكون العدد المطلوب { $threshold } من { $count }: واحد على الأقل، والجميع على الأكثر، ولا يزيد الأمناء على 32.
cli-rekey-words = عبارات مرور جديدة. تُعرض مرة واحدة؛ لكل شخص عبارته، فليكتبها وليحفظها بعيدًا عن غيره:
cli-rekey-confirm = هل كُتبت؟ اكتب «نعم» لتحلّ المفاتيح الجديدة محل القديمة. أما السطر الفارغ فيُبقي كل شيء كما كان.
cli-rekey-not-done = لم يتغيّر شيء. والكلمات المعروضة أعلاه لا تفتح شيئًا.
cli-rekey-done = استُبدلت المفاتيح (المجموعة { $generation }). يفتح غرفة الأخبار من الآن { $threshold } من أمنائها الـ{ $count }. وعلى من كان قد سجّل الدخول أن يسجّله من جديد.
cli-rekey-bulletin = أبلِغ الحقائب الآن: fh-desk bulletin draft ثم sign ثم publish. وهي تختم للمفتاح القديم إلى أن تعلم، وما زال يفتح.
cli-rekey-signers = لم يعد توقيع { $names } على البلاغات معتدًّا به في غرفة التحرير، والبلاغ التالي يخبر الحقائب بذلك.
cli-rekey-signers-few = لن يبقى عدد كافٍ لتوقيع البلاغات من دون من أُزيلوا: تبقى توقيعاتهم معتدًّا بها إلى أن يسمّي بلاغ موقّعين آخرين.
cli-rekey-backups = ما زالت النسخ الاحتياطية السابقة تُفتح بعبارات المرور القديمة. أتلفوها حيثما كانت.
nav-cards = البطاقات
cards-hint = ما حمله الناقلون: ملفات بطاقات، وبطاقات ذاكرة، وملفات من تطبيق مراسلة. بأي ترتيب، وإن تلفت أو تكررت.
cards-file = بطاقة، أو صورة عنها
cards-take = استلمها
cards-take-hint = بطاقة الذاكرة الكبيرة تُقرأ أسرع على جهاز غرفة التحرير نفسه: ‎fh-desk gather. لا يُغيَّر شيء على البطاقة.
cards-waiting = { $count ->
    [one] بطاقة واحدة تنتظر القراءة.
    [two] بطاقتان تنتظران القراءة.
    [few] { $count } بطاقات تنتظر القراءة.
   *[other] { $count } بطاقة تنتظر القراءة.
}
cards-reading = تُقرأ بطاقة: جُرّب { $looked } من { $windows } موضعًا، ولنا منها { $ours } خلية.
cards-read = قُرئت بطاقة: { $ours } خلية لنا في { $windows } موضعًا.
cards-nothing-title = لا ينقص شيء
cards-nothing = لا إرسالية تنتظر مزيدًا من الخلايا. ما وصل تجده في الوارد.
cards-pieces-known = اكتملت { $whole } من { $total } قطعة.
cards-pieces-open = اكتملت { $whole } قطعة؛ ولا يُعرف بعد كم ستكون.
cards-lacking = { $count ->
    [one] قطعة واحدة ناقصة
    [two] قطعتان ناقصتان
    [few] { $count } قطع ناقصة
   *[other] { $count } قطعة ناقصة
}
cards-piece = القطعة { $number }: وصل { $have } من { $need } جزءًا
cards-piece-unseen = القطعة { $number }: لم يصل منها شيء بعد
cards-more = و{ $count } غيرها
cli-card-taken = { $path }: ‏{ $windows } موضعًا قد يحوي خلايا
cli-no-cells = لا شيء على هذه البطاقات يمكن أن يكون خلية. إن كان يُفترض أن فيها شيئًا فجرّب الجهاز كله لا ملفاته.
cli-cards-wait = تنتظر البطاقات غرفة التحرير، وتقرؤها حالما يُفتح قفلها. يمكنك أن تضع البطاقات جانبًا.
cli-no-replies = لا رد ينتظر هذا المراسل.
cli-card-made = { $count ->
    [one] رد واحد
    [two] ردّان
    [few] { $count } ردود
   *[other] { $count } ردًا
} على { $path } بين الضجيج.

dispatch-announced = أُعلن عنها
held-title = { $count ->
    [one] شيء واحد محجوز على جهاز المرسِل
    [two] شيئان محجوزان على جهاز المرسِل
    [few] { $count } أشياء محجوزة على جهاز المرسِل
    [many] { $count } شيئًا محجوزًا على جهاز المرسِل
   *[other] { $count } شيء محجوز على جهاز المرسِل
}
held-hint = وصلت أولًا معاينة، أو الاسم والحجم والمدة. لم يضع شيء: قل ما تحتاج إليه وما لا تحتاج.
held-open = ينتظر كلمتك
held-asked = طُلب
held-arriving = قيد الوصول
held-declined = لا حاجة إليه
held-untold = يعلم المرسِل بذلك متى تيسّر الرد عليه.
held-ask = اطلبه
held-ask-after-all = اطلبه رغم ذلك
held-decline = لا حاجة إليه
held-look = إلى المعاينة
announced-title = معاينة من جهاز المرسِل
announced-hint = صُنعت هناك صغيرةً وليس فيها غير بكسلاتها كي تقرّر بشأن الأصل. وتُفحص كما يُفحص كل ملف.
announced-here = وصل الأصل
announced-preview = إلى المعاينة التي سبقته
finding-announced-differs = ليس ما أُعلن عنه
refusal-item-here = وصل من قبل، فلا شيء يُطلب.
act-item-asked = طُلب
act-item-declined = لا حاجة إليه

cli-ask-password = كلمة مرور { $name }:
cli-drill-not-signed-in = الاسم وكلمة المرور لا يتوافقان، أو لم يعد الحساب مفتوحًا. لم يتغيّر شيء.
cli-drill-type = لقطع الحقيبة اكتب اسم حاملها واضغط Enter. أي شيء غيره لا يغيّر شيئًا.
cli-drill-not-typed = ليس هذا هو الاسم. لم يتغيّر شيء.
cli-drill-refused = يرفض كل ما خُتم بالحقيبة ابتداءً من أسبوعها { $epoch }
cli-drill-notes = { $count ->
    [zero] لم تأتِ إرسالية مع ملاحظة.
    [one] جاءت إرسالية واحدة مع ملاحظة. ابحثوا فيها عن أسماء وأماكن.
    [two] جاءت إرساليتان مع ملاحظات. ابحثوا فيهما عن أسماء وأماكن.
    [few] جاءت { $count } إرساليات مع ملاحظات. ابحثوا فيها عن أسماء وأماكن.
   *[other] جاءت { $count } إرسالية مع ملاحظات. ابحثوا فيها عن أسماء وأماكن.
}
cli-drill-done = قُطعت الحقيبة، وتعلم نقاط الإيداع بذلك من غرفة التحرير العاملة. الآن: حذّروا من قد يُذكر اسمه، وراجعوا ما نُشر، واصنعوا مفتاح استقبال جديدًا (fh-desk intake rotate)، وأبلغوا المصادر الأخرى ببلاغ.

dispatch-cut-off = منقطعة
cut-off = انقطع
cut-off-known = انقطعت: وصلت { $done } من { $total ->
    [one] قطعة واحدة
    [two] قطعتين
    [few] { $total } قطع
    [many] { $total } قطعة
   *[other] { $total } قطعة
}
cut-off-unknown = انقطعت: { $done ->
    [one] وصلت قطعة واحدة
    [two] وصلت قطعتان
    [few] وصلت { $done } قطع
    [many] وصلت { $done } قطعة
   *[other] وصلت { $done } قطعة
} من عدد غير معروف
loose-opening = يجري إدخالها؛ { $done ->
    [0] لم يظهر شيء بعد
    [one] ظهر واحد
    [two] ظهر اثنان
    [few] ظهرت { $done }
   *[other] ظهر { $done }
}
cut-off-recording = انقطع التسجيل. ما سبق ذلك كامل إلا ثوانيه الأخيرة، وكل قطعة أصيلة في موضعها. ولم يتمكّن أحد من أخذ بصمة الملف كله.
cut-off-piece = هذه القطعة { $number } من إرسالية لم تصل نهايتها. القطعة أصيلة، أما اسمها وما قبلها وما بعدها فغير معروف.
cut-off-pieces = هذه القطع من { $first } إلى { $last } من إرسالية لم تصل نهايتها، مضمومة بترتيبها. كل منها أصيلة، أما الاسم وما بعدها فغير معروف.
act-dispatch-loosened = أُدخلت القطع قبل وصول النهاية

nav-channels = القنوات
channels-intro = حسابات على منصّات أخرى ننشر فيها. ما يُنشر هنا يُرسل إلى كلّ قناة مفتوحة مرّةً واحدة، ويتبعه كلّ تصحيح.
channels-title = قنواتنا
channels-none = لا توجد قنوات بعد.
channel-useless = بيانات الدخول هذه لا تعمل. لم يُحفظ شيء.
channel-enter = إدخال قناة أو بيانات دخول جديدة
channel-enter-hint = تُجرَّب فورًا وتُحفظ مختومة. ويجب أن يؤكّدها شخص آخر قبل أن يُنشر بها شيء.
channel-known = من أجل
channel-new = قناة جديدة
channel-kind = المنصّة
channel-language = لغة ما يُنشر هناك
channel-language-ar = العربية
channel-language-en = الإنكليزية
channel-server = الخادم
channel-account = الحساب، وعلى Matrix معرّف الغرفة (!…:server)، وفي ninjs شروط الاستعمال ومن يُطلب منه الأصل
channel-secret = كلمة مرور التطبيق أو رمز الوصول أو سرّ خطّاف الويب (whsec_…)
channel-help = ما تطلبه كل منصّة هنا
channel-help-bluesky = الخادم: خادم الحساب، مثل https://bsky.social. الحساب: معرّفه. بيانات الدخول: كلمة مرور التطبيق.
channel-help-mastodon = الخادم: خادم الحساب. بيانات الدخول: رمز وصول يسمح بالقراءة والكتابة. ويمكن ترك الحساب فارغًا.
channel-help-wordpress = الخادم: الموقع. الحساب: مستخدم فيه يحقّ له النشر. بيانات الدخول: كلمة مرور التطبيق.
channel-help-matrix = الخادم: خادم الحساب. الحساب: معرّف الغرفة. بيانات الدخول: رمز وصول.
channel-help-wire = الخادم: العنوان الذي تستقبل عليه غرفة أخبار شريكة. الحساب: شروط الاستعمال ومن يُطلب منه الأصل. بيانات الدخول: سرّ خطّاف الويب (whsec_…).
channel-help-x = الخادم والحساب: اتركهما فارغين. بيانات الدخول: الكلمات الأربع من بوابة المطوّرين وبينها مسافات: API key ثم API key secret ثم access token ثم access token secret. ويجب أن يُسمح للتطبيق بالقراءة والكتابة.
channel-help-nostr = الخادم: عناوين المُرحِّلات (wss://…) وبينها مسافات. الحساب: اتركه فارغًا. بيانات الدخول: المفتاح الخاص (nsec1…).
channel-help-telegram = الخادم: اتركه فارغًا. الحساب: القناة أو المجموعة باسمها (‎@news) أو برقمها (‎-100…). بيانات الدخول: رمز البوت من ‎@BotFather. ويجب أن يكون البوت مشرفًا هناك يحقّ له النشر والحذف. ولا يستطيع البوت قراءة ما نُشر، فما كان موضع شكّ فعليك أن تنظر فيه بنفسك.
channel-help-mail = الخادم: خادم البريد، smtps://… أو smtp://…. الحساب: المُرسِل ثم مسافة ثم صفحة https:// التي تُترك منها النشرة، مثل: News <news@example.org> https://example.org/leave. بيانات الدخول: اسم المستخدم عند خادم البريد ثم مسافة ثم كلمة المرور. لا يمكن تغيير رسالة أو استردادها، فالتصحيح والسحب رسالتان جديدتان.
channel-help-ghost = الخادم: الموقع. الحساب: اتركه فارغًا. بيانات الدخول: مفتاح Admin API لتكامل مخصّص (id:secret). يأخذ Ghost الملفات ولا يسمح بحذفها من هنا: ما عرضه المقال يبقى على عنوانه في المضيف بعد سحب المقال، إلى أن يحذفه أحد هناك.
channel-help-facebook = الخادم والحساب: اتركهما فارغين. بيانات الدخول: رمز وصول لصفحة، من تطبيق يحقّ له إدارة منشوراتها (pages_manage_posts وpages_read_engagement). ولا يحجب فيسبوك ما تصعب رؤيته، فلا يذهب إليه منه إلا صورة مموّهة.
channel-help-youtube = الخادم: اتركه فارغًا. الحساب: public بعد أن تدقّق Google مشروعك، وإلا فاتركه فارغًا: فحتى ذلك الحين يكون ما ترفعه خاصًّا هناك ولا يراه غيرك. بيانات الدخول: client id ثم client secret ثم refresh token وبينها مسافات. ولا يذهب إليه إلا خبر فيه فيديو، ولا يذهب فيديو تصعب رؤيته.
channel-proxy = عبر منفذ SOCKS هذا (تور)، أو اتركه فارغًا
channel-try = جرِّب وأدخِل
channel-waiting = بيانات دخول جديدة تنتظر، وتؤدّي إلى:
channel-own = أنت من أدخل بيانات الدخول هذه. يجب أن يؤكّدها شخص آخر.
channel-confirm = تأكيد بيانات الدخول هذه
channel-retry = المحاولة من جديد
channel-close = إلغاء القناة ومحو بيانات دخولها
channel-proposed = تنتظر شخصًا ثانيًا
channel-open = مستعملة
channel-stopped = متوقّفة: المنصّة لا تسمح لنا بالدخول
channel-closed = ملغاة
deliveries-title = ما أُرسل
deliveries-none = لم يُرسل شيء إلى أيّ قناة بعد.
delivery-ready = ينتظر
delivery-sending = يُرسل الآن
delivery-confirmed = منشور
delivery-rejected = لم يُرسل
delivery-unknown = يُبحث عنه
delivery-waits = ربّما نُشر
delivery-attempts = { $count ->
    [one] محاولة واحدة
    [two] محاولتان
    [few] { $count } محاولات
   *[other] { $count } محاولة
}
delivery-not-before = ليس قبل
delivery-words = تقول المنصّة:
delivery-decide = ضاع الجواب، ولا يمكن سؤال هذه المنصّة. انظر في الحساب: هل المنشور موجود؟
newsletter-title = النشرة البريدية
newsletter-intro = تُرسَل رسالة مستقلّة إلى كل عنوان، وفيها روابط لمن أراد تركها. تُحفظ العناوين مختومة، ولا يبقى ممّن تركها إلا بصمة بمفتاح، ولا يُكتب إليه ثانيةً أبدًا.
newsletter-counts = { $on ->
    [0] لا تصل إلى أحد.
    [one] تصل إلى شخص واحد.
    [two] تصل إلى شخصين.
    [few] تصل إلى { $on } أشخاص.
   *[other] تصل إلى { $on } شخصًا.
} { $left ->
    [0] ولم يتركها أحد.
    [one] وتركها واحد.
    [two] وتركها اثنان.
   *[other] وتركها { $left }.
}
newsletter-add = أضِف قائمة
newsletter-add-hint = عنوان واحد في كل سطر. لا تُضِف إلا من طلبها.
newsletter-remove = اشطب عناوين نهائيًّا
newsletter-left = من تركها
newsletter-left-hint = أسطر من سجلّ الصفحة التي تُترك منها، أو الرسائل التي يطلب فيها الناس ذلك.
newsletter-added = أُضيف { $added }، وكان { $known } في القائمة من قبل، وسبق أن تركها { $left } فلا يُعادون، و{ $bad } من الأسطر ليست عناوين.
newsletter-removed = { $count ->
    [0] لا أحد من هؤلاء في القائمة.
    [one] شُطب واحد.
    [two] شُطب اثنان.
   *[other] شُطب { $count }.
}
newsletter-addresses = العناوين
delivery-letters = الرسائل: أُخذ منها { $taken }، ورُفض { $refused }، وينتظر { $waiting }، وهناك { $unknown } موضع شكّ.
delivery-decide-letters = انقطع الاتصال عند بعضهم بعد وصول الرسالة كلّها، ولا يمكن سؤال خادم بريد. «إنّه منشور»: يُعدّون ممّن وصلتهم. «أرسله من جديد»: إلى هؤلاء وحدهم، وقد تصل إلى بعضهم مرّتين.
cli-newsletter-left = { $count ->
    [0] لم يتركها أحد.
    [one] قُرئت كلمة يترك بها شخص النشرة. تأخذها غرفة التحرير حين تُفتح.
    [two] قُرئت كلمتان يترك بهما الناس النشرة. تأخذهما غرفة التحرير حين تُفتح.
   *[other] قُرئ من الكلمات التي يترك بها الناس النشرة { $count }. تأخذها غرفة التحرير حين تُفتح.
}
delivery-withdraw = سحب هذا التقرير من كلّ القنوات
deed-post = نُشر
deed-correct = صُحِّح
deed-withdraw = سُحب

remnants-title = أين قد تبقى نسخة سابقة
remnants-intro = ما صُحِّح هنا أو سُحب قد يبقى في أماكن أخرى كما كان من قبل.
remnants-known = في قنواتنا
remnants-none = لا قناة لنا يُعرف أنّها تعرض نسخة سابقة.
remnants-beyond = ما لا تصل إليه يدنا
remnant-waiting = لم يصل التصحيح أو السحب إلى هناك بعد.
remnant-refused = رفضت المنصّة التصحيح أو السحب، أو أنهاه أحد المحرّرين: ما نُشر من قبل باقٍ.
remnant-doubtful = لا يُعرف ما المنشور هناك. انظر في الحساب.
remnant-answered = لا تسمح لنا هذه المنصّة بتغييره أو حذفه: ما نُشر من قبل باقٍ، وتحته ردّنا.
remnant-letters = لا يمكن استرجاع الرسائل: من وصلته الرسالة السابقة فهي عنده، ومعها التي تصحّحها.
beyond-people = من صوّر الشاشة فالصورة عنده. إن كان ما ظهر يعرّض أحدًا للخطر فحذّروه أوّلًا.
beyond-servers = تحتفظ خوادم أخرى من Mastodon وMatrix وBluesky وNostr بنسخ من المنشورات. تُبلَّغ بالتغيير والحذف، ولا شيء يُلزمها به.
beyond-feeds = تحتفظ قارئات الخلاصات بما جلبته. يأخذ معظمها المدخل المصحَّح حين يجلب من جديد، وبعضها لا يفعل أبدًا.
beyond-mirrors = النسخ المطابقة للموقع تعرض ما نسخته حتى تنسخ من جديد.
beyond-editions = النصوص والأوراق والطبعات التي تناقلها الناس تبقى كما هي. والرمز الذي فيها يوصل إلى التقرير كما هو الآن.
beyond-archives = تحتفظ أرشيفات الوِب ومحرّكات البحث بالصفحات. حيث تعرّض نسخة سابقة أحدًا للخطر فاطلبوا من كلٍّ منها حذفها.
beyond-partners = أُرسل التغيير إلى غرف الأخبار الشريكة. أمّا هل طبعت ما أُرسل قبله فهي وحدها تعلم.
verdict-stands = إنّه منشور
verdict-again = أرسله من جديد
verdict-leave = اتركه
fault-channel-form = ينقص الاستمارةَ شيء أو تتعذّر قراءته. عُد وتحقّق منها.

# الانتشار
nav-reach = الانتشار
reach-intro = كم مرة تُقرأ الصفحات، محسوبًا من سجلات الخوادم نفسها. كل الأعداد عشرات كاملة، وما دونها يُضمّ إلى بلدان أخرى ثم إلى صفحات أخرى. لا يُحفظ أي عنوان، ولا يمكن تمييز أحد من أحد.
reach-stretch = المدة
reach-days = { $days ->
    [one] يوم واحد
    [two] يومان
    [few] { $days } أيام
    [many] { $days } يومًا
   *[other] { $days } يوم
}
reach-none = لم يُحسب شيء في هذه الأيام. تأتي الأعداد بالأمر «fh-desk reach read».
reach-by-day = بحسب اليوم
reach-total = عدد الصفحات المعروضة: { $requests }.
reach-table = في جدول
reach-day = اليوم (بالتوقيت العالمي)
reach-requests = الصفحات المعروضة
reach-what = ماذا
reach-pages = بحسب التقرير والصفحة
reach-countries = بحسب البلد
reach-other-pages = صفحات أخرى
reach-untitled = بلا عنوان
reach-told = على المنصّات
reach-told-intro = آخر ما قالته كل منصّة عن منشوراتنا. تُسأل مرة في اليوم، مدة ثلاثين يومًا.
reach-told-none = لم تقل أي منصّة شيئًا بعد.
reach-channel = القناة
reach-likes = الإعجابات
reach-shares = المشاركات
reach-replies = الردود
reach-views = المشاهدات
cli-reach-busy = هناك سجلات تُقرأ الآن. انتظر حتى تنتهي.
cli-reach-read = عدد الصفحات المعروضة التي حُسبت: { $requests }.
cli-reach-left-out = عدد الأسطر المتروكة: { $lines } (برامج آلية، أو إخفاقات، أو ملفات ليست صفحات).
cli-reach-unreadable = عدد الأسطر التي لا تُقرأ صيغتها: { $lines }. قارن إعدادات الخادم بالملف docs/reach.md.
country-onion = عبر تور (خدمة onion)
country-unknown = غير معروف
country-other = بلدان أخرى
country-SY = سوريا
country-LB = لبنان
country-JO = الأردن
country-IQ = العراق
country-PS = فلسطين
country-EG = مصر
country-TR = تركيا
country-SA = السعودية
country-AE = الإمارات
country-QA = قطر
country-KW = الكويت
country-BH = البحرين
country-OM = عُمان
country-YE = اليمن
country-SD = السودان
country-LY = ليبيا
country-TN = تونس
country-DZ = الجزائر
country-MA = المغرب
country-MR = موريتانيا
country-SO = الصومال
country-IR = إيران
country-IL = إسرائيل
country-AF = أفغانستان
country-PK = باكستان
country-IN = الهند
country-CN = الصين
country-JP = اليابان
country-KR = كوريا الجنوبية
country-ID = إندونيسيا
country-MY = ماليزيا
country-RU = روسيا
country-UA = أوكرانيا
country-PL = بولندا
country-CZ = التشيك
country-DE = ألمانيا
country-AT = النمسا
country-CH = سويسرا
country-FR = فرنسا
country-BE = بلجيكا
country-NL = هولندا
country-LU = لوكسمبورغ
country-GB = المملكة المتحدة
country-IE = أيرلندا
country-ES = إسبانيا
country-PT = البرتغال
country-IT = إيطاليا
country-GR = اليونان
country-CY = قبرص
country-RO = رومانيا
country-BG = بلغاريا
country-HU = المجر
country-SE = السويد
country-NO = النرويج
country-DK = الدنمارك
country-FI = فنلندا
country-US = الولايات المتحدة
country-CA = كندا
country-MX = المكسيك
country-BR = البرازيل
country-AR = الأرجنتين
country-CL = تشيلي
country-AU = أستراليا
country-NZ = نيوزيلندا
country-ZA = جنوب أفريقيا
country-NG = نيجيريا
country-KE = كينيا
country-ET = إثيوبيا
