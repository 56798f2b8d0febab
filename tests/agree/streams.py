#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""streams.py BUILD LIST

Compares the bytes of each TCP connection of the captures in the list: torc streams --write with tshark
-z follow,tcp,raw. A direction agrees when its bytes and the marks of what is missing are the same, or
when a rule below knows why not (the T lines of docs/differences.md). Status 1 when one disagrees, 77
when there is no tshark.
"""
import collections
import ipaddress
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

MISSING = re.compile(rb'\[(\d+) bytes missing in capture file\]\0?')
OURS = re.compile(rb'\[(\d+) bytes missing\]')


def end_of(text):
    """Address and port of tshark's "10.0.0.1:80", "2001:db8::1:80"."""
    address, port = text.rsplit(':', 1)
    return ipaddress.ip_address(address), int(port)


def torc_streams(build, path, folder):
    """Connections in the order in which they were found: ends, how they opened, bytes of each side."""
    run = subprocess.run([f'{build}/torc', 'streams', '-q', '--json', '-r', path, '--write', folder],
                         capture_output=True, check=False)
    events = [json.loads(line) for line in run.stdout.splitlines()]
    closed = sorted((e for e in events if e['event'] == 'close'), key=lambda e: e['stream'])
    files = collections.defaultdict(list)
    for name in sorted(os.listdir(folder), key=lambda n: (len(n), n)):
        parts = re.fullmatch(r'(.*\.\d{5})(?:c(\d+))?', name)
        files[parts[1]].append((int(parts[2] or 0), name))
    result = []
    for event in closed:
        ends = [(ipaddress.ip_address(event[s]['address']), event[s]['port'])
                for s in ('client', 'server')]
        data = []
        for side, (sender, receiver) in enumerate((ends, ends[::-1])):
            name = None
            if event[('client', 'server')[side]]['length'] > 0:
                name = file_name(sender) + '-' + file_name(receiver)
            data.append(name)
        result.append((ends, event, data))
    return result, files


def file_name(end):
    address, port = end
    if address.version == 4:
        return '.'.join(f'{byte:03d}' for byte in address.packed) + f'.{port:05d}'
    return address.exploded + f'.{port:05d}'


def tshark_streams(path):
    numbers = subprocess.run(['tshark', '-n', '-r', path, '-T', 'fields', '-e', 'tcp.stream', '-Y', 'tcp'],
                             capture_output=True, check=False).stdout.decode().replace(',', '\n').split()
    count = max(map(int, numbers), default=-1) + 1
    result = []
    for first in range(0, count, 100):
        taps = []
        for number in range(first, min(count, first + 100)):
            taps += ['-z', f'follow,tcp,raw,{number}']
        out = subprocess.run(['tshark', '-n', '-q', '-r', path, *taps], capture_output=True,
                             check=False).stdout.decode('latin-1')
        part = {}
        for block in out.split('=' * 67):
            head = re.search(r'tcp\.stream eq (\d+)\s+Node 0: (\S+)\s+Node 1: (\S+)\n(.*)', block,
                             re.DOTALL)
            if not head:
                continue
            sides = [b'', b'']
            for line in head[4].splitlines():
                if line.strip():
                    sides[line.startswith('\t')] += bytes.fromhex(line.strip())
            part[int(head[1])] = (head[2], head[3], sides)
        result += [part[n] for n in sorted(part)]
    return result


def marks(data, pattern):
    return pattern.sub(lambda m: b'<' + m[1] + b'>', data)


def is_ours_with_holes(ours, theirs):
    """theirs is ours, but for bytes that it says are missing."""
    at = 0
    for piece in re.split(rb'(<\d+>)', theirs):
        mark = re.fullmatch(rb'<(\d+)>', piece)
        if mark:
            at += int(mark[1])
        elif ours[at:at + len(piece)] == piece:
            at += len(piece)
        else:
            return False
    return at <= len(ours)


def rule_of(event, side, ours, theirs, again):
    """The T line that knows why ours and theirs differ, or None."""
    this = event[('client', 'server')[side]]
    both = [event['client'], event['server']]
    plain_ours, plain_theirs = re.sub(rb'<\d+>', b'', ours), re.sub(rb'<\d+>', b'', theirs)
    if this['different'] > 0 and len(plain_ours) == len(plain_theirs):
        return 'T1'
    if plain_ours == plain_theirs:
        return 'T2'
    if this['gaps'] == 0 and is_ours_with_holes(ours, theirs):
        return 'T7'
    if event['reason'] in ('idle', 'finish') and event['opened'] == 'midstream' and again:
        return 'T8'
    if event['opened'] != 'syn' or not both[1]['syn']:
        return 'T3'
    if this['outside'] > 0:
        return 'T4'
    if this['gaps'] > 0:
        return 'T5'
    return None


def compare(build, path, tally):
    wrong = []
    with tempfile.TemporaryDirectory() as folder:
        torc, files = torc_streams(build, path, folder)
        if not any(name for _, _, data in torc for name in data):
            return wrong
        taken = collections.Counter()
        ours = collections.defaultdict(list)
        for ends, event, names in torc:
            data = []
            for name in names:
                if name is None:
                    data.append(b'')
                    continue
                place = sorted(files[name])[min(taken[name], len(files[name]) - 1)][1]
                taken[name] += 1
                with open(os.path.join(folder, place), 'rb') as file:
                    data.append(marks(file.read(), OURS))
            ours[frozenset(ends)].append((ends, event, data))
        seen = collections.Counter()
        for node0, node1, sides in tshark_streams(path):
            try:
                ends = [end_of(node0), end_of(node1)]
            except ValueError:
                continue
            key = frozenset(ends)
            if not any(sides):
                # tshark counts handshakes too; keep the places of both lists together
                if seen[key] < len(ours[key]) and not any(ours[key][seen[key]][2]):
                    seen[key] += 1
                continue
            while seen[key] < len(ours[key]) and not any(ours[key][seen[key]][2]):
                seen[key] += 1
            if seen[key] >= len(ours[key]):
                tally['T6'] += 1
                continue
            own_ends, event, data = ours[key][seen[key]]
            seen[key] += 1
            if own_ends != ends:
                sides = sides[::-1]
            for side in (0, 1):
                theirs = marks(sides[side], MISSING)
                if not theirs and not data[side]:
                    continue
                tally['directions'] += 1
                if data[side] == theirs:
                    tally['same'] += 1
                    continue
                rule = rule_of(event, side, data[side], theirs, len(ours[key]) > 1)
                tally[rule or 'unexplained'] += 1
                if not rule:
                    wrong.append(f'{path}: {node0} {node1} side {side}: {data[side][:60]} ... '
                                 f'{theirs[:60]} ({len(data[side])}, {len(theirs)} bytes)')
    return wrong


def main():
    build, listing = sys.argv[1:3]
    if not shutil.which('tshark'):
        print('streams are not compared: tshark is not installed', file=sys.stderr)
        return 77
    tally, wrong = collections.Counter(), []
    with open(listing, encoding='utf-8') as file:
        for path in file.read().split('\n'):
            if path:
                wrong += compare(build, path, tally)
    print('TCP streams: ' + ', '.join(f'{count} {what}' for what, count in sorted(tally.items())))
    for line in wrong[:40]:
        print('  ' + line)
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main())
