#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""datagrams.py BUILD LIST

Compares what the fragments of the captures in the list become: the datagrams that torc_defrag_add()
puts together with those of tshark, by the frame that completes them and by their bytes, IPv4 and IPv6.
A datagram agrees when both have it with the same bytes, or when a rule below knows why not (the F lines
of docs/differences.md). Status 1 when one disagrees, 77 when there is no tshark.
"""
import collections
import json
import shutil
import subprocess
import sys

FIELDS = ['frame.number', 'frame.time_epoch', 'ip.reassembled.data', 'ipv6.reassembled.data',
          'ip.fragment', 'ipv6.fragment', 'ip.fragment.error', 'ipv6.fragment.error',
          'ip.fragment.overlap', 'ipv6.fragment.overlap',
          'ip.fragment.multipletails', 'ipv6.fragment.multipletails',
          'ip.fragment.toolongfragment', 'ipv6.fragment.toolongfragment']


def torc_datagrams(build, path):
    run = subprocess.run([f'{build}/tests/agree/datagrams', path], capture_output=True, check=False)
    return [json.loads(line) for line in run.stdout.splitlines()]


def tshark_datagrams(path):
    """By frame: a list of (payload, marks, frames of the fragments); all lists of those frames; times."""
    command = ['tshark', '-n', '-r', path, '-o', 'ip.defragment:TRUE', '-o', 'ip.check_checksum:FALSE',
               '-T', 'fields', '-E', 'separator=;', '-E', 'occurrence=a']
    for field in FIELDS:
        command += ['-e', field]
    out = subprocess.run(command, capture_output=True, check=False).stdout.decode('latin-1')
    wholes, together, times = collections.defaultdict(list), [], {}
    for line in out.splitlines():
        row = dict(zip(FIELDS, line.split(';')))
        frame = int(row['frame.number'])
        times[frame] = float(row['frame.time_epoch'])
        for family in ('ip', 'ipv6'):
            parts = [int(n) for field in ('fragment', 'fragment.error')
                     for n in row[f'{family}.{field}'].split(',') if n]
            marks = {mark for mark in ('overlap', 'multipletails', 'toolongfragment')
                     if '1' in row[f'{family}.fragment.{mark}']}
            together.append(parts)
            for data in filter(None, row[f'{family}.reassembled.data'].split(',')):
                wholes[frame].append((data, marks, parts))
    return wholes, together, times


class Capture:
    """The fragments of one capture: what torc made of each, and tshark's datagrams."""

    def __init__(self, build, path):
        self.events = collections.defaultdict(list)  # by frame
        self.by_id = collections.defaultdict(list)
        self.ours = collections.defaultdict(list)
        for event in torc_datagrams(build, path):
            self.events[event['frame']].append(event)
            self.by_id[event['id']].append(event)
            if event['result'] == 'whole':
                self.ours[event['frame']].append(event['data'])
        self.theirs, together, self.times = tshark_datagrams(path) if self.events else ({}, [], {})
        self.mixed = set()  # identifications of which tshark joined fragments with others
        for parts in together:
            ids = {event['id'] for part in parts for event in self.events.get(part, ())}
            if len(ids) > 1:
                self.mixed |= ids

    def rule_of(self, frame, whole, data):
        """The F line that knows why tshark has this datagram there, and torc has data or none; or None."""
        _, marks, parts = whole
        parts = parts + [frame]
        ids = {event['id'] for part in parts for event in self.events.get(part, ())}
        why = {event['result'] for number in ids for event in self.by_id[number]
               if min(parts) <= event['frame'] <= max(parts)}
        if ids & self.mixed:
            return 'F4'
        if marks and data is None and {'overlap', 'inconsistent'} & why:
            return 'F1'
        if marks and data is not None and len(data) == len(whole[0]) and 'duplicate' in why:
            return 'F2'
        if data is None and max(self.times[part] for part in parts) - \
                min(self.times[part] for part in parts) >= 30:
            return 'F3'
        if data is None and {'tiny', 'no_transport', 'bad_length'} & why:
            return 'F5'
        return None

    def rule_of_ours(self, frame, data):
        """The same where only torc has one."""
        for event in self.events[frame]:
            if event['data'] == data and event['id'] in self.mixed:
                return 'F4'
        return None


def compare(build, path, tally):
    capture, wrong = Capture(build, path), []
    tally['fragments'] += sum(map(len, capture.events.values()))
    for frame in sorted(set(capture.ours) | set(capture.theirs)):
        own, others = list(capture.ours.get(frame, ())), list(capture.theirs.get(frame, ()))
        for data in list(own):
            same = [whole for whole in others if whole[0] == data]
            if same:
                tally['same'] += 1
                own.remove(data)
                others.remove(same[0])
        for whole in others:
            data = own.pop(0) if own else None
            rule = capture.rule_of(frame, whole, data)
            tally[rule or 'unexplained'] += 1
            if not rule:
                wrong.append(f'{path}: frame {frame}: tshark has {len(whole[0]) // 2} bytes of '
                             f'{whole[2]} {sorted(whole[1])}, torc {len(data or "") // 2}')
        for data in own:
            rule = capture.rule_of_ours(frame, data)
            tally[rule or 'unexplained'] += 1
            if not rule:
                wrong.append(f'{path}: frame {frame}: only torc has one, of {len(data) // 2} bytes')
    return wrong


def main():
    build, listing = sys.argv[1:3]
    if not shutil.which('tshark'):
        print('datagrams are not compared: tshark is not installed', file=sys.stderr)
        return 77
    tally, wrong = collections.Counter(), []
    with open(listing, encoding='utf-8') as file:
        for path in file.read().split('\n'):
            if path:
                wrong += compare(build, path, tally)
    print('datagrams: ' + ', '.join(f'{count} {what}' for what, count in sorted(tally.items())))
    for line in wrong[:40]:
        print('  ' + line)
    return 1 if wrong or tally['same'] == 0 and tally['fragments'] > 0 else 0


if __name__ == '__main__':
    sys.exit(main())
