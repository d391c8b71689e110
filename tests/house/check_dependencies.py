"""Who may know whom: services -> common, never back, never service -> service; only cli/ and services/console (its try-it form)
may use the enrichers. Looked for in #include lines, in CMake's lists, and in what the build really links."""

import os
import re
import sys

import source

ENRICHERS = {"entities", "countries", "topics"}
MAY_USE_ENRICHERS = {"cli", "services/console"}


def area(path):
    """The part of the house that a file belongs to: "common", "cli", "services/entities", "tests"."""
    parts = path.split("/")
    return "/".join(parts[:2]) if parts[0] == "services" and len(parts) > 2 else parts[0]


def allowed(user, used):
    if used in ("common", user) or user in ("tests", "training"):
        return True
    enricher = used.startswith("services/") and used.split("/")[1] in ENRICHERS
    return enricher and user in MAY_USE_ENRICHERS


def check_includes(path, text):
    complaints = []
    for match in re.finditer(r"^[ \t]*#[ \t]*include[ \t]*\"([^\"]+)\"", text, re.MULTILINE):
        name, folder = match.group(1), os.path.dirname(path)
        if "/" not in name or name.startswith("."):  # beside the file; else from the project's folder
            name = os.path.normpath(os.path.join(folder, name))
        if not allowed(area(path), area(name)):
            line = source.line_of(text, match.start())
            complaints.append(f"{path}:{line}: {area(path)} must not include {area(name)}")
    return complaints


def check_cmake(path, text):
    """common's list must name no part above it; the lists of the services name each service only by the loop over them."""
    complaints = []
    for number, line in enumerate(text.split("\n"), 1):
        line = line.split("#")[0]
        if area(path) == "common" and re.search(r"\bservices\b|\bcli\b|\bwm_(entities|countries|topics|ingest|deliver|console)\b", line):
            complaints.append(f"{path}:{number}: common must not name what is above it")
    return complaints


def check_links(path, text):
    """build.ninja: the static libraries that each executable of the project is linked with."""
    complaints = []
    for match in re.finditer(r"^build (\S+): \w+_EXECUTABLE_LINKER\S* (.*)$", text.replace("$\n", " "), re.MULTILINE):
        program = os.path.basename(match.group(1))
        home = match.group(2).split("/")[0]  # of its objects
        if home not in ("services", "cli"):
            continue
        user = "services/" + program.split("-")[-1] if home == "services" else "cli"
        for name in sorted(set(re.findall(r"libwm_(\w+)\.a", match.group(2))) - {"common"}):
            if not allowed(user, "services/" + name):
                complaints.append(f"{program} must not be linked with wm_{name}")
    return complaints


def check(files):
    complaints = []
    for path, text in files.items():
        if source.is_c(path):
            complaints += check_includes(path, text)
        elif path.endswith("build.ninja"):
            complaints += check_links(path, text)
        else:
            complaints += check_cmake(path, text)
    return complaints


def wanted(path):
    return source.is_c(path) or path.endswith("CMakeLists.txt")


LINK = "build wiremill-topics: C_EXECUTABLE_LINKER__wiremill-topics_Debug services/main.o | {} common/libwm_common.a || x\n"
CASES = [
    ("service uses common", {"services/topics/a.c": "#include \"common/text.h\"\n#include \"services/topics/a.h\"\n"}, None),
    ("tool uses a service", {"cli/a.c": "#include \"services/topics/topics.h\"\n"}, None),
    ("console uses a service", {"services/console/a.c": "#include \"services/topics/topics.h\"\n"}, None),
    ("test uses all", {"tests/unit/a.c": "#include \"services/topics/topics.h\"\n#include \"common/text.h\"\n"}, None),
    ("common uses a service", {"common/a.c": "#include \"services/topics/topics.h\"\n"}, "common must not include services/topics"),
    ("common uses the tool", {"common/a.c": "\n# include \"cli/cli.h\"\n"}, "common/a.c:2: common must not include cli"),
    ("service uses another", {"services/topics/a.h": "#include \"services/entities/a.h\"\n"}, "must not include services/entities"),
    ("edge uses an enricher", {"services/ingest/a.c": "#include \"services/entities/a.h\"\n"}, "must not include"),
    ("tool uses an edge", {"cli/a.c": "#include \"services/deliver/deliver.h\"\n"}, "must not include services/deliver"),
    ("common uses a test", {"common/a.c": "#include \"tests/support/kit/kit.h\"\n"}, "must not include tests"),
    ("beside it, in a test", {"tests/support/kit/a.c": "#include \"kit.h\"\n"}, None),
    ("beside it", {"services/topics/a.c": "#include \"a.h\"\n"}, None),
    ("around the rule", {"common/a.c": "#include \"../services/topics/topics.h\"\n"}, "must not include services/topics"),
    ("around it from a service", {"services/topics/a.c": "#include \"../entities/a.h\"\n"}, "must not include services/entities"),
    ("CMake of common", {"common/CMakeLists.txt": "target_link_libraries(wm_common PUBLIC m wm_topics)\n"}, "must not name"),
    ("CMake comment", {"common/CMakeLists.txt": "# nothing of services here\nadd_library(wm_common a.c)\n"}, None),
    ("links its own", {"build.ninja": LINK.format("services/libwm_topics.a")}, None),
    ("links what it may", {"build.ninja": LINK.format("services/libwm_topics.a").replace("services/main.o", "cli/main.o")}, None),
    ("a test links all", {"build.ninja": LINK.format("services/libwm_entities.a").replace("services/main.o", "tests/a.o")}, None),
    ("links another", {"build.ninja": LINK.format("services/libwm_topics.a services/libwm_entities.a")},
     "wiremill-topics must not be linked with wm_entities"),
]


def main():
    status = source.run(check, wanted, CASES)
    ninja = os.path.join(sys.argv[2], "build.ninja") if len(sys.argv) > 2 else ""
    if not os.path.exists(ninja):
        print("no build.ninja: what is really linked was not looked at")
        return status
    with open(ninja, encoding="utf-8") as f:
        complaints = check_links(ninja, f.read())
    for complaint in complaints:
        print(complaint)
    return 1 if status or complaints else 0


if __name__ == "__main__":
    sys.exit(main())
