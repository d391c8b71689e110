"""Files of at most 600 lines, C functions of at most 60, the declaration and the closing brace included."""

import sys

import source

FILE_MAX = 600
FUNCTION_MAX = 60


def wanted(path):
    return path.endswith(source.C_SOURCES + (".py", ".sh", ".cmake")) or path.endswith("CMakeLists.txt")


def check(files):
    complaints = []
    for path, text in files.items():
        lines = text.count("\n") + (not text.endswith("\n"))
        if lines > FILE_MAX:
            complaints.append(f"{path}: {lines} lines, at most {FILE_MAX}: split it by what its parts do")
        if source.is_c(path):
            complaints += [f"{path}:{f.first}: {f.name}() has {f.lines} lines, at most {FUNCTION_MAX}"
                           for f in source.functions(text) if f.lines > FUNCTION_MAX]
    return complaints


def function(lines):
    return "static int\nlong_one(int a,\n         int b) {\n" + "  a++; /* } */\n" * (lines - 4) + "}\n"


CASES = [
    ("short", {"a.c": "int a(void) {\n  return '{';\n}\n"}, None),
    ("just within", {"a.c": function(60)}, None),
    ("one line more", {"a.c": function(61)}, "a.c:1: long_one() has 61 lines"),
    ("after others", {"a.c": "#define X {\nstruct a {\n  int b;\n};\nstatic const char *k[] = {\"{\"};\n" + function(61)},
     "a.c:6: long_one()"),
    ("in extern C", {"a.cpp": "extern \"C\" {\n" + function(70) + "}\n"}, "a.cpp:2: long_one() has 70 lines"),
    ("with an attribute", {"a.c": "__attribute__((format(printf, 1, 2))) " + function(61)}, "long_one() has 61"),
    ("second of two", {"a.c": "int a(void) {\n}\n" + function(61) + "int b(void) {\n}\n"}, "a.c:3: long_one()"),
    ("a long table is no function", {"a.c": "static const int k[] = {\n" + "  1,\n" * 100 + "};\n"}, None),
    ("a long struct is none", {"a.h": "typedef struct {\n" + "  int (*f)(int);\n" * 100 + "} a_t;\n"}, None),
    ("file within", {"a.py": "x = 1\n" * 600}, None),
    ("file too long", {"a.py": "x = 1\n" * 601}, "a.py: 601 lines"),
]

if __name__ == "__main__":
    sys.exit(source.run(check, wanted, CASES))
