#!/usr/bin/env python3
"""Bad and strange articles for the tests.

  make_poison.py DIR          writes the small ones and MANIFEST.tsv (tests/data/poison is made this way)
  make_poison.py --check DIR  fails if DIR is not what would be written
  make_poison.py --large DIR  writes those that are too large to keep, with a MANIFEST.tsv of their own

A file is one record's value, byte for byte. MANIFEST.tsv: file, expected word (`ok`, or the word of header `wm-error`), description.
What is `ok` has the uri "urn:poison:" and the file's name without ".json", unless the uri is what it is about.
"""
import json
import pathlib
import sys
import unicodedata

SMALL, LARGE = [], []


def add(name, word, description, data, to=SMALL):
    to.append((name, word, description, data if isinstance(data, bytes) else data.encode()))


def article(name, rest, before=""):
    """The text of an article with its uri, `before` and `rest` as JSON text."""
    return '{"uri":"urn:poison:%s",%s"headline":"The council met on Monday",%s}' % (name, before, rest)


def bad(name, word, description, rest):
    add(name, word, description, article(name, rest))


def ok(name, description, rest, before=""):
    add(name, "ok", description, article(name, rest, before))


def broken_json():
    word = "not_json"
    add("json-empty", word, "no bytes at all", b"")
    add("json-space", word, "white space only", " \r\n\t ")
    add("json-bom-only", word, "a byte order mark and nothing else", b"\xef\xbb\xbf")
    add("json-text", word, "plain text", "The council met on Monday.")
    add("json-xml", word, "an XML document", '<?xml version="1.0"?><item><headline>H</headline></item>')
    add("json-cut-string", word, "ends inside a string", '{"uri":"u","headline":"The coun')
    add("json-cut-escape", word, "ends inside an escape", '{"uri":"u","headline":"The coun\\u00')
    add("json-cut-object", word, "ends before the closing brace", '{"uri":"u","headline":"H"')
    add("json-cut-literal", word, "ends inside a literal", '{"uri":"u","headline":"H","a":tru')
    add("json-two", word, "two articles in one record", '{"headline":"H"}{"headline":"H"}')
    add("json-lines", word, "two articles on two lines", '{"headline":"H"}\n{"headline":"H"}\n')
    add("json-brace-twice", word, "a closing brace too many", '{"headline":"H"}}')
    add("json-in-quotes", "not_object", "an article as a JSON string", json.dumps('{"headline":"H"}'))
    bad("json-comma-last", word, "a comma before the closing brace", '"a":1,')
    bad("json-comma-missing", word, "no comma between members", '"a":1 "b":2')
    bad("json-comma-array", word, "a comma before the closing bracket", '"a":[1,2,]')
    bad("json-colon-missing", word, "no colon after a name", '"a" 1')
    bad("json-value-missing", word, "no value after the colon", '"a":')
    bad("json-name-bare", word, "a name without quotes", "a:1")
    bad("json-name-number", word, "a number as a name", "1:1")
    bad("json-quotes-single", word, "single quotes", "'a':'b'")
    bad("json-comment", word, "a comment", '"a":1 /* yes */')
    bad("json-nan", word, "NaN", '"a":NaN')
    bad("json-infinity", word, "-Infinity", '"a":-Infinity')
    bad("json-true-upper", word, "True with a capital", '"a":True')
    bad("json-undefined", word, "undefined", '"a":undefined')
    bad("json-number-zero", word, "a number with a leading zero", '"a":007')
    bad("json-number-plus", word, "a number with a plus", '"a":+1')
    bad("json-number-dot", word, "a number that ends with a dot", '"a":1.')
    bad("json-number-hex", word, "a hexadecimal number", '"a":0x1F')
    bad("json-number-minus", word, "a minus without a number", '"a":-')
    bad("json-number-exponent", word, "an exponent without digits", '"a":1e')
    bad("json-newline-in-string", word, "a raw line break inside a string", '"a":"one\ntwo"')
    bad("json-control-in-string", word, "a raw control character inside a string", '"a":"one\x1btwo"')
    bad("json-escape-unknown", word, "an escape that JSON does not know", '"a":"\\x41"')
    bad("json-escape-short", word, "an escape of three digits", '"a":"\\u12G"')
    bad("json-brackets-mixed", word, "a bracket closed by a brace", '"a":[1}')
    bad("json-nul-byte", word, "a NUL byte inside a string", '"a":"\0"')
    bad("json-nul-byte-number", word, "a NUL byte after a number", '"a":1\0')
    add("json-nul-bytes", word, "nothing but NUL bytes", b"\0" * 64)
    bad("json-nul-in-name", word, "\\u0000 in a member's name", '"a\\u0000b":1')
    bad("json-surrogate-high", word, "the first half of a surrogate pair alone", '"a":"\\ud83d"')
    bad("json-surrogate-low", word, "the second half of a surrogate pair alone", '"a":"\\ude00"')
    bad("json-surrogate-swapped", word, "the halves of a surrogate pair swapped", '"a":"\\ude00\\ud83d"')
    bad("json-surrogate-in-text", word, "half a surrogate pair in the body", '"body_text":"Smile \\ud83d and go"')
    bad("json-literal-endless", word, "a literal of 5,000 letters", '"a":' + "x" * 5000)


def not_an_object():
    for name, text in (("array", '[{"headline":"H"}]'), ("string", '"The council met"'), ("number", "42"), ("true", "true"),
                       ("null", "null")):
        add("root-" + name, "not_object", "the record is %s" % name, text)


def not_utf8():
    def case(name, description, data):
        add("utf8-" + name, "not_utf8", description, article("x", '"body_text":"A B"').encode().replace(b"A B", data))
    case("continuation", "a continuation byte alone", b"A \x80 B")
    case("overlong-slash", "an overlong slash of two bytes", b"A \xc0\xaf B")
    case("overlong-nul", "an overlong NUL of two bytes", b"A \xc0\x80 B")
    case("overlong-three", "an overlong form of three bytes", b"A \xe0\x82\xa9 B")
    case("overlong-four", "an overlong form of four bytes", b"A \xf0\x82\x82\xac B")
    case("surrogates", "a surrogate pair as two sequences of three bytes", b"A \xed\xa0\xbd\xed\xb8\x80 B")
    case("beyond", "a code point beyond U+10FFFF", b"A \xf4\x90\x80\x80 B")
    case("five-bytes", "a sequence of five bytes", b"A \xf8\x88\x80\x80\x80 B")
    case("cut", "a sequence that is cut short", b"A \xe2\x82 B")
    case("latin1", "Latin-1 text", "Müller traf Åsa in Málaga".encode("latin-1"))
    case("windows1252", "Windows-1252 quotes", b"\x93Yes\x94")
    add("utf8-utf16", "not_utf8", "UTF-16 with a byte order mark", article("x", '"a":1').encode("utf-16"))
    add("utf8-tail", "not_utf8", "a stray byte after the article", article("x", '"a":1').encode() + b"\xff")
    add("utf8-utf16-no-mark", "not_json", "UTF-16 without a byte order mark", article("x", '"a":1').encode("utf-16-le"))
    add("utf8-gzip", "not_utf8", "gzip data", b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xab\x56\x2a\x2d")


def wrong_types():
    word = "wrong_type"
    for name, value in (("object", '{"id":1}'), ("array", "[]"), ("real", "1.5"), ("true", "true"), ("nul", '"a\\u0000b"')):
        add("type-uri-" + name, word, "`uri` is of a kind that no uri is", '{"uri":%s,"headline":"H"}' % value)
    for name, value in (("number", "5"), ("object", '{"en":"H"}'), ("array", '["H"]')):
        add("type-headline-" + name, word, "`headline` is of kind %s" % name, '{"uri":"u","headline":%s}' % value)
    add("type-title", word, "`title` is an object", '{"uri":"u","title":{"rendered":"H"}}')
    bad("type-body-text", word, "`body_text` is an array of paragraphs", '"body_text":["One","Two"]')
    bad("type-body-html", word, "`body_html` is an object", '"body_html":{"html":"<p>One</p>"}')
    bad("type-content", word, "`content` is an array of blocks", '"content":[{"type":"p"}]')
    bad("type-text", word, "`text` is a boolean", '"text":false')
    bad("type-bodies", word, "`bodies` is an object", '"bodies":{"value":"B"}')
    bad("type-bodies-element", word, "`bodies` has a string in it", '"bodies":["B"]')
    bad("type-bodies-value", word, "a body's value is a number", '"bodies":[{"value":1}]')
    add("type-headlines", word, "`headlines` has null in it", '{"uri":"u","headlines":[null]}')
    bad("type-language", word, "`language` is a list", '"language":["en","fr"]')
    bad("type-enrichment", word, "`enrichment` is a list", '"enrichment":[]')
    bad("type-processing", word, "`enrichment.processing` is an object", '"enrichment":{"processing":{}}')


def no_text():
    word = "no_text"
    add("text-none", word, "an object without any member", "{}")
    add("text-uri-only", word, "a uri and nothing else", '{"uri":"u"}')
    add("text-empty", word, "headline and body are empty", '{"uri":"u","headline":"","body_text":""}')
    add("text-null", word, "headline and body are null", '{"uri":"u","headline":null,"body_text":null}')
    add("text-space", word, "white space of many kinds", '{"uri":"u","headline":" \\t\\r\\n","body_text":"\\u00a0\\u2003\\u3000\\u2028"}')
    add("text-invisible", word, "zero-width and bidi characters only",
        '{"uri":"u","headline":"\\u200b\\u200c\\u200d\\u2060\\ufeff","body_text":"\\u202a\\u202e\\u2066\\u00ad"}')
    add("text-control", word, "control characters only", '{"uri":"u","headline":"\\u0000\\u0001\\u001f\\u007f"}')
    add("text-html-empty", word, "HTML without text", '{"uri":"u","body_html":"<p>&nbsp;<br></p><script>x=1</script><!-- c -->"}')
    add("text-lists-empty", word, "empty headlines and bodies", '{"uri":"u","headlines":[],"bodies":[{"value":" "}]}')


def numbers():
    word = "number_range"
    bad("number-int-65-bits", word, "an integer just beyond 64 bits", '"a":9223372036854775808')
    bad("number-int-negative", word, "a negative integer beyond 64 bits", '"a":-9223372036854775809')
    bad("number-int-20-digits", word, "an identifier of 20 digits", '"a":{"id":12345678901234567890}')
    bad("number-real-overflow", word, "a real beyond double precision", '"a":[1E400]')
    bad("number-id-beyond", word, "an `id` beyond 64 bits", '"id":123456789012345678901234567890')
    bad("number-endless", word, "a number of 5,000 digits", '"a":' + "7" * 5000)
    bad("number-endless-real", word, "a fraction of 5,000 digits", '"a":0.' + "3" * 5000)
    ok("number-forms", "numbers whose digits must stay",
       '"a":[-0,0.10,1.0,1E5,1e+05,1e-400,5e-324,123456789.123456789123456789,9223372036854775807,-9223372036854775808]')


def duplicates():
    word = "duplicate_key"
    add("twice-uri", word, "`uri` twice", '{"uri":"a","uri":"b","headline":"H"}')
    add("twice-headline-escaped", word, "`headline` twice, once escaped", '{"headline":"H","\\u0068eadline":"H"}')
    bad("twice-deep", word, "a name twice, deep inside", '"a":[{"b":{"c":1,"c":1}}]')
    bad("twice-empty", word, "the empty name twice", '"":1,"":1')
    bad("twice-enrichment", word, "`enrichment` twice", '"enrichment":{},"enrichment":{}')
    bad("twice-in-enrichment", word, "a member of `enrichment` twice", '"enrichment":{"topics":[],"topics":[]}')


def depth():
    bad("deep-arrays", "too_deep", "arrays 65 deep", '"a":' + "[" * 64 + "]" * 64)
    bad("deep-objects", "too_deep", "objects 65 deep", '"a":' + '{"a":' * 64 + "1" + "}" * 64)
    bad("deep-enrichment", "too_deep", "`enrichment` 200 deep", '"enrichment":{"x":' + "[" * 200 + "]" * 200 + "}")
    add("deep-open", "too_deep", "2,000 brackets that are never closed", "[" * 2000)
    ok("deep-allowed", "arrays 64 deep, the object included", '"a":' + "[" * 63 + "]" * 63)
    ok("deep-in-string", "brackets inside strings are no depth", '"a":"%s"' % ("[{" * 500))
    add("uri-long", "too_large", "a `uri` of 2,049 bytes", '{"uri":"%s","headline":"H"}' % ("u" * 2049))
    add("uri-longest", "ok", "a `uri` of 2,048 bytes", '{"uri":"%s","headline":"H"}' % ("u" * 2048))
    add("uri-none", "ok", "no uri at all", '{"headline":"The council met"}')
    add("uri-number", "ok", "an integer as `id`", '{"id":9007199254740993,"headline":"The council met"}')
    add("uri-null", "ok", "`uri` is null, `guid` is there", '{"uri":null,"guid":"urn:poison:uri-null","headline":"The council met"}')
    add("uri-controls", "ok", "line breaks and quotes in a uri", '{"uri":"a\\n\\"b\\"\\t\\\\","headline":"The council met"}')


def strange_but_good():
    text = lambda s: '"body_text":%s' % json.dumps(s, ensure_ascii=False)
    ok("ok-emoji", "emoji outside the BMP before and between names",
       text("\U0001F600\U0001F468\u200d\U0001F469\u200d\U0001F467 Anna Berg \U0001F1EB\U0001F1EE met Tom Hill in Oslo \U0001F30D."))
    ok("ok-emoji-escaped", "emoji as escaped surrogate pairs", '"body_text":"\\ud83d\\ude00 Anna Berg met Tom Hill in Oslo."')
    ok("ok-combining", "combining marks instead of composed letters", text(unicodedata.normalize("NFD", "José Muñoz met Zoë in Málaga.")))
    ok("ok-combining-many", "200 combining marks on one letter", text("Za" + "\u0301\u0302" * 100 + "r met Anna Berg."))
    ok("ok-bidi", "bidi controls around names", text("\u202eAnna Berg\u202c met \u2066Tom Hill\u2069 in \u200fOslo\u200e."))
    ok("ok-arabic", "text from right to left with an English name", text("قال Tom Hill إن الاجتماع عقد في أوسلو."))
    ok("ok-zero-width", "zero-width characters inside and between names", text("An\u200bna Berg\ufeff met T\u2060om\u200d Hill."))
    ok("ok-noncharacters", "noncharacters and private use", text("Anna Berg \ufffe\ufdd0\U000f0000 met Tom Hill."))
    ok("ok-replacement", "replacement characters", text("M\ufffdller met Anna Berg."))
    ok("ok-nul-escaped", "\\u0000 inside texts", '"body_text":"Anna\\u0000Berg met\\u0000 Tom Hill.","a":"\\u0000"')
    ok("ok-controls", "escaped control characters", '"body_text":"Anna\\u0001Berg\\u001b[31m met\\b\\f Tom\\u007f Hill."')
    ok("ok-separators", "line and paragraph separators", text("Anna Berg spoke.\u2028Tom Hill left.\u2029In\u0085Oslo"))
    ok("ok-crlf", "line breaks of three kinds", '"body_text":"Anna Berg spoke.\\r\\nTom Hill left.\\rOslo won.\\n\\n\\nEnd."')
    ok("ok-turkish", "letters that fold by language", text("İstanbul and ISPARTA, ıslak, straße, ǅ, ﬁn, Ω."))
    ok("ok-cjk", "text without spaces", text("東京で習近平氏と会談した。สว\u0e31สด\u0e35ชาวโลก"))
    ok("ok-one-word", "a text of one letter", '"body_text":"A"')
    ok("ok-no-spaces", "20,000 letters without a space", '"body_text":"%s"' % ("Ab" * 10000))
    ok("ok-capitals", "everything in capitals", text("PRESIDENT ANNA BERG MET TOM HILL IN OSLO, NORWAY. " * 20))
    ok("ok-punctuation", "nothing but punctuation in the body", '"body_text":"... !!! ??? --- ((( ))) \\"\\" \'\'"')
    ok("ok-dots", "5,000 dots and initials", text("J. " * 2000 + "." * 5000))
    ok("ok-bom", "a BOM inside the text", text("\ufeffAnna Berg met Tom Hill."))
    add("ok-bom-first", "ok", "a byte order mark before the article", b"\xef\xbb\xbf" + article("ok-bom-first", '"a":1').encode())
    add("ok-spaced", "ok", "white space everywhere",
        '\r\n{ "uri" : "urn:poison:ok-spaced" ,\t"headline" : "The council met" , "a" : [ 1 , { } ] }\n\n')
    ok("ok-names-odd", "names that are empty, spaced, escaped or like ours",
       '"":1," ":2,"a\\"b":3,"\\\\":4,"\\u00e9":5,"\\/":6,"Uri":7,"body":8,"schema":9,"__proto__":10')
    ok("ok-members-many", "2,000 members", ",".join('"m%d":%d' % (i, i) for i in range(2000)))
    ok("ok-enriched", "an article that is enriched already, with foreign members",
       '"enrichment":{"foreign":{"n":1.10},"schema":"0.9","entities":[],"processing":[{"service":"x","ms":0.10}]},"after":true')
    ok("ok-enrichment-first", "`enrichment` is the first member", '"a":1', before='"enrichment":{"x":1},')
    ok("ok-enrichment-null", "`enrichment` is null", '"enrichment":null')
    ok("ok-entities-odd", "`enrichment` of other makers, of other types",
       '"enrichment":{"entities":"none","countries":{"a":1},"topics":7,"language":[],"schema":null}')
    ok("ok-unread-types", "members that are not looked at may be anything", '"body_text":"B","title":[],"text":{},"bodies":1,"id":{}')


def html():
    h = lambda s: '"body_html":%s' % json.dumps(s, ensure_ascii=False)
    ok("html-plain", "paragraphs and entities", h("<p>Anna Berg &amp; Tom&nbsp;Hill met in M&aacute;laga &#x1F600; &lt;today&gt;.</p><p>Oslo.</p>"))
    ok("html-unclosed", "tags that are never closed", h("<p>Anna <b>Berg <i>met<p>Tom Hill <ul><li>in<li>Oslo"))
    ok("html-crossed", "tags that cross", h("<b><i>Anna Berg</b></i> met </p></div><span>Tom Hill"))
    ok("html-entities-bad", "entities that are none", h("<p>Anna &bogus; &#xD800; &#x110000; &#0; &amp Berg & Hill &&&</p>"))
    ok("html-script", "script, style and comment are no text",
       h("<style>p{}</style><script>if (a<b) document.write('<p>NO</p>')</script><!-- <p>NO</p> --><p>Anna Berg</p>"))
    ok("html-cdata", "CDATA and processing instructions", h("<?php echo 1 ?><![CDATA[x]]><!DOCTYPE html><p>Anna Berg met Tom Hill.</p>"))
    ok("html-entity-bomb", "entity declarations that multiply are not followed",
       h('<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>'
         "<p>Anna Berg &c;&c;&c;</p>"))
    ok("html-external", "nothing is fetched", h('<!DOCTYPE x SYSTEM "file:///etc/passwd"><p>Anna Berg</p><img src="http://192.0.2.1/x">'
                                                '<iframe src="file:///etc/passwd"></iframe>'))
    ok("html-nul", "\\u0000 inside HTML", '"body_html":"<p>Anna\\u0000Berg met</p><p>Tom Hill</p>"')
    ok("html-emoji", "emoji and bidi inside HTML", h("<p>\U0001F600 <b>Anna\u202e Berg</b> met <i>Tom Hill</i></p>"))
    ok("html-attributes", "500 attributes on one element", h("<p %s>Anna Berg</p>" % " ".join('a%d="%d"' % (i, i) for i in range(500))))
    ok("html-plain-content", "`content` that is no HTML", '"content":"3 < 4 and 5 > 2, said Anna Berg"')
    bad("html-deep", "bad_html", "1,000 nested elements", h("<div>" * 1000 + "Anna Berg"))


def large():
    def case(name, word, description, rest):
        add(name, word, description, article(name, rest), LARGE)
    case("large-body", "too_large", "a body of 20 MB", '"body_text":"%s"' % ("Anna Berg met. " * 1400000))
    case("large-member", "too_large", "a foreign member of 9 MB", '"a":"%s"' % ("x" * 9000000))
    case("large-allowed", "ok", "a body of 3 MB", '"body_text":"%s"' % ("Anna Berg met Tom Hill in Oslo. " * 98304))
    case("large-backslashes", "ok", "a string of 4 MB of backslashes", '"a":"%s"' % ("\\" * 4000000))
    case("large-members", "ok", "100,000 members", ",".join('"m%d":%d.10' % (i, i) for i in range(100000)))
    case("large-array", "ok", "an array of 500,000 numbers", '"a":[%s]' % ",".join(["1.50"] * 500000))
    case("large-html-attribute", "ok", "an attribute of 5 MB", '"body_html":"<p title=\\"%s\\">Anna Berg</p>"' % ("x" * 5000000))
    case("large-html-deep", "bad_html", "200,000 nested elements", '"body_html":"%sAnna Berg"' % ("<div>" * 200000))
    case("large-html-many", "bad_html", "600,000 elements", '"body_html":"%sAnna Berg"' % ("<b>x</b>" * 600000))
    add("large-deep", "too_deep", "100,000 arrays", '{"headline":"H","a":%s%s}' % ("[" * 100000, "]" * 100000), LARGE)
    add("large-deep-open", "too_deep", "5,000,000 brackets that are never closed", "[" * 5000000, LARGE)
    add("large-spaces", "not_json", "8 MB of spaces", " " * 8000000, LARGE)


def write(folder, cases, check):
    folder = pathlib.Path(folder)
    files = {name + ".json": data for name, _, _, data in cases}
    assert len(files) == len(cases), "a name is used twice"
    rows = ["%s.json\t%s\t%s\n" % (name, word, description) for name, word, description, _ in cases]
    files["MANIFEST.tsv"] = ("file\texpected\tdescription\n" + "".join(sorted(rows))).encode()
    if check:
        there = {p.name: p.read_bytes() for p in folder.iterdir()}
        wrong = sorted(n for n in files.keys() | there.keys() if files.get(n) != there.get(n))
        if wrong:
            sys.exit("%s is not what make_poison.py writes: %s" % (folder, ", ".join(wrong)))
        return
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)


def main(args):
    flags = [a for a in args if a.startswith("--")]
    folders = [a for a in args if not a.startswith("--")]
    if len(folders) != 1 or set(flags) - {"--check", "--large"}:
        sys.exit(__doc__)
    for make in (broken_json, not_an_object, not_utf8, wrong_types, no_text, numbers, duplicates, depth, strange_but_good, html):
        make()
    if "--large" in flags:
        large()
    write(folders[0], LARGE if "--large" in flags else SMALL, "--check" in flags)


main(sys.argv[1:])
