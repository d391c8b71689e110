"""Functions that must not be called: unbounded copies, conversions without errors, hidden state, and ends of the process
outside main.c. Tests may end the process, run shells and scan text."""

import re
import sys

import source

EVERYWHERE = {
    "strcpy": "snprintf() or memcpy() with a checked length",
    "stpcpy": "snprintf() or memcpy() with a checked length",
    "strcat": "wm_buffer_puts() or snprintf()",
    "strncpy": "snprintf(): strncpy() may leave the end off",
    "strncat": "snprintf()",
    "sprintf": "snprintf()",
    "vsprintf": "vsnprintf()",
    "gets": "fgets() or getline()",
    "atoi": "strtol() with its errors, or the config table",
    "atol": "strtol() with its errors",
    "atoll": "strtoll() with its errors",
    "atof": "strtod() with its errors",
    "strtok": "strcspn() and memchr(): strtok() writes into its argument",
    "strtok_r": "strcspn() and memchr(): strtok_r() writes into its argument",
    "alloca": "malloc(), or an array with a declared maximum",
    "gmtime": "gmtime_r()",
    "localtime": "localtime_r()",
    "ctime": "strftime()",
    "asctime": "strftime()",
    "signal": "sigaction()",
    "tmpnam": "mkstemp()",
    "mktemp": "mkstemp()",
    "tempnam": "mkstemp()",
    "setjmp": "return an error",
    "longjmp": "return an error",
}
NOT_IN_TESTS = {
    "sscanf": "a small reader that says what is wrong",
    "exit": "only main.c ends the process: return an error",
    "_exit": "only main.c ends the process: return an error",
    "quick_exit": "only main.c ends the process: return an error",
    "abort": "only main.c ends the process: return an error",
    "assert": "return WM_ERR_INTERNAL",
    "system": "posix_spawn() with a list of arguments",
    "popen": "posix_spawn() with a list of arguments",
}
# (file, function): why it may.
ALLOWED = {
    ("common/signals.c", "_exit"): "the handler of the second SIGTERM",
    ("common/config.c", "abort"): "a key that is not in the table is a mistake in the program",
}


def check(files):
    complaints = []
    for path, text in files.items():
        code = source.strip(text)
        in_tests = path.startswith("tests/")
        for match in re.finditer(r"(?<![\w.>])([A-Za-z_]\w*)\s*\(", code):
            name = match.group(1)
            remedy = EVERYWHERE.get(name)
            if not remedy and not in_tests and not path.endswith("/main.c"):
                remedy = NOT_IN_TESTS.get(name)
            if remedy and (path, name) not in ALLOWED:
                complaints.append(f"{path}:{source.line_of(code, match.start())}: {name}(): use {remedy}")
    return complaints


CASES = [
    ("clean", {"common/a.c": "int a(void) { return snprintf(b, 2, \"strcpy(x)\"); } /* gets(x) */\n"}, None),
    ("member of the same name", {"common/a.c": "void a(x_t *x) { x->exit(1); x->y.abort(); my_gets(); }\n"}, None),
    ("strcpy", {"common/a.c": "void a(void) {\n  strcpy (b, c);\n}\n"}, "common/a.c:2: strcpy()"),
    ("atoi in a test", {"tests/unit/test_a.c": "int a(void) { return atoi(b); }\n"}, "atoi()"),
    ("exit in a module", {"common/a.c": "void a(void) { exit(1); }\n"}, "exit()"),
    ("exit in main.c", {"cli/main.c": "int main(void) { exit(1); }\n"}, None),
    ("exit in a test", {"tests/unit/test_a.c": "int a(void) { _exit(1); }\n"}, None),
    ("after a string with a comment", {"common/a.c": "void a(void) { puts(\"/*\"); sprintf(b, c); puts(\"*/\"); }\n"}, "sprintf()"),
    ("in a macro", {"common/a.h": "#define A(x) strcat(x, x)\n"}, "strcat()"),
]

if __name__ == "__main__":
    sys.exit(source.run(check, source.is_c, CASES))
