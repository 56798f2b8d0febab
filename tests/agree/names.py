#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""names.py [--fork] BUILD NAMES JSONL...

Whether a golden packet has each layer type of gopacket, and gopacket's own answer confirms it there:
the layer is in its stack as it comes, without any rule, at the same place, and has the same fields.
Where gopacket is known to be wrong, names.txt says by which rule of docs/differences.md, and the packet
agrees under it.

NAMES is what gopacket lists (-names); it must be what tests/agree/names.txt says. JSONL are the lines
of tests/agree/*.go (--fork: of tests/agree/fork) for golden.pcapng, and streams.pcapng with -streams;
lines about other files are left out. Status 1 when a name has no such packet and no reason.
"""
import argparse
import json
import os
import sys

from compare import PLACE, differing_fields, load_torc

STREAMS = 'streams.pcapng'


def read_list(path, fork):
    """Number, name and marks of each type that this gopacket has; the list must be complete."""
    with open(path, encoding='utf-8') as text:
        lines = [line.rstrip('\n') for line in text if not line.startswith('#')]
    types = []
    for line in lines:
        head, _, marks = line.partition('\t')
        number, _, name = head.partition(' ')
        types.append((int(number), name, marks.split(' ')))
    return [entry for entry in types if fork or 'fork' not in entry[2]], types


def same_fields(mine, theirs):
    """How many fields of a layer both have; None where one differs."""
    found = {}
    differing_fields(mine, theirs, '', found)
    return None if found else sum(key in mine and key not in PLACE for key in theirs)


def confirmed(layer, answer, anywhere):
    """Whether gopacket's stack has the layer, there, with a field in common and none other."""
    for name, place, fields in zip(answer['stack'] or [], answer['places'], answer['fields']):
        if name != layer['type'] or (not anywhere and place[0] not in (-1, layer['offset'])):
            continue
        if fields:
            if same_fields(layer, fields):
                return True
        elif place[1] in (-1, layer['header_length']):
            return True  # it has the bytes, and no field
    return False


class Names:
    def __init__(self, types):
        self.marks = {name: marks for _, name, marks in types}
        self.packets, self.confirmed, self.ruled = set(), set(), set()

    def take(self, ours, line):
        for layer in ours['layers']:
            name = layer['type']
            self.packets.add(name)
            marks = self.marks.get(name)
            if not marks or name in self.confirmed:
                continue
            if confirmed(layer, line, 'whole' in marks):
                self.confirmed.add(name)
            elif marks[0] == 'ruled' and marks[1] in line.get('rules', ()) and \
                    confirmed(layer, line['amended'], False):
                self.ruled.add(name)


def read_lines(names, build, path):
    files = {}
    with open(path, encoding='utf-8') as text:
        for line in map(json.loads, text):
            files.setdefault(line['file'], {})[line['n']] = line
    streams = any(os.path.basename(file) == STREAMS for file in files)
    for file, lines in files.items():
        if os.path.basename(file) not in ('golden.pcapng', STREAMS):
            continue
        for n, ours, _ in load_torc(build, file, streams):
            if n in lines:
                names.take(ours, lines[n])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--fork', action='store_true')
    parser.add_argument('build')
    parser.add_argument('names')
    parser.add_argument('jsonl', nargs='+')
    arguments = parser.parse_args()
    own = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'names.txt')
    asked, types = read_list(own, arguments.fork)
    with open(arguments.names, encoding='utf-8') as text:
        theirs = {tuple(line.rstrip('\n').split(' ', 1)) for line in text}
    wrong = [f'{" ".join(entry)}: in one of gopacket and {own} only'
             for entry in sorted(theirs ^ {(str(number), name) for number, name, _ in asked})]
    names = Names(types)
    for path in arguments.jsonl:
        read_lines(names, arguments.build, path)
    for _, name, marks in types:
        if marks[0] == 'never':
            wrong += [f'{name}: a golden packet has it'] if name in names.packets else []
        elif name not in names.packets:
            wrong.append(f'{name}: no golden packet has it')
        elif arguments.fork != ('fork' in marks):
            continue  # the other gopacket is asked
        elif marks[0] == 'ruled' and name in names.confirmed:
            wrong.append(f'{name}: gopacket confirms it without {marks[1]}')
        elif name not in names.confirmed | names.ruled:
            wrong.append(f'{name}: gopacket confirms it on no golden packet')
    print('\n'.join(wrong + [f'{len(types)} names, {len(names.confirmed)} confirmed as they come, '
                             f'{len(names.ruled)} under a rule, '
                             f'{sum(marks[0] == "never" for *_, marks in types)} never in a packet, '
                             f'{len(wrong)} wrong']))
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main())
