#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""compare.py [--least PERCENT] GOPACKET.jsonl TORC FILE...

Decodes the files with `TORC dump --json`, compares each packet with gopacket's line, and takes out
the deliberate differences of docs/differences.md by rules. Status 1 below the least agreement.
"""
import collections
import json
import subprocess
import sys

# gopacket reports no usable place for these, or all that is left as their header
NO_PLACE = {'ICMPv6Echo', 'ICMPv6RouterSolicitation', 'IGMP', 'OSPF', 'SFlow', 'SIP',
            'LinkLayerDiscoveryInfo', 'MLDv1MulticastListenerQuery', 'DecodeFailure', 'Payload'}


def load_gopacket(path):
    packets = {}
    with open(path, encoding='utf-8') as lines:
        for text in lines:
            line = json.loads(text)
            packets[line['file'], line['n']] = line
    return packets


def first_of_each(pairs):
    """An object whose keys keep the first value they have."""
    return dict(reversed(pairs))


def load_torc(torc, path):
    run = subprocess.run([torc, 'dump', '-n', '--json', '-r', path], stdout=subprocess.PIPE,
                         stderr=subprocess.DEVNULL, check=False)
    n = 0
    for text in run.stdout.decode('utf-8', 'replace').splitlines():
        line = json.loads(text, object_pairs_hook=first_of_each)
        if 'layers' in line:
            n += 1
            yield n, line


def known(ours, theirs):
    """The deliberate difference this packet may show, or None."""
    stack = [layer['type'] for layer in ours['layers']]
    error = theirs['error'] or ''
    if any(layer.get('more_fragments') and layer.get('fragment_offset') == 0
           for layer in ours['layers']) or 'IPv6Fragment' in stack:
        return 'D1'
    if 'IPv6HopByHop' in stack:
        return 'D2'
    if ours['status'] == 'unknown-next' or error.startswith(('Unable to decode', 'Layer type not')):
        return 'D4'
    if ours['error']:
        return 'D3'
    last = ours['layers'][-1] if ours['layers'] else {'offset': 0, 'header_length': 0}
    end = last['offset'] + last['header_length'] + last.get('payload_length', 0)
    if end < ours['caplen'] and (set(stack) & {'ARP', 'STP', 'LLC', 'EAPOL'}):
        return 'D5'
    if theirs['link'] in (228, 229, 20, 12, 14):
        return 'D6'
    if 'LLC' in stack:
        return 'D8'
    if any(layer.get('type') == 'IPv6' and layer.get('length') == 0 for layer in ours['layers']):
        return 'D9'
    return None


def places(stack, found):
    return [tuple(p) for name, p in zip(stack, found) if name not in NO_PLACE]


def differing(ours, theirs):
    """The keys in which the two differ."""
    stack = [layer['type'] for layer in ours['layers']]
    mine = [(l['offset'], l['header_length'], l['payload_length']) for l in ours['layers']]
    flow = ours['flow']
    text = lambda pair: [str(end) for end in pair] if pair else None
    # gopacket prints well-known ports with their names: "80(http)"
    number = lambda pair: [end.split('(')[0] for end in pair] if pair else None
    pairs = {
        'caplen': (ours['caplen'], theirs['caplen']),
        'len': (ours['len'], theirs['len']),
        'stack': (stack, theirs['stack'] or []),
        'network': (text(flow['network']), theirs['network']),
        'transport': (text(flow['transport']), number(theirs['transport'])),
        'truncated': (ours['truncated'], theirs['truncated']),
        'error': (bool(ours['error']), bool(theirs['error'])),
    }
    if pairs['stack'][0] == pairs['stack'][1]:
        pairs['places'] = (places(stack, mine), places(stack, theirs['places']))
    return {key: pair for key, pair in pairs.items() if pair[0] != pair[1]}


def main():
    arguments = sys.argv[1:]
    least = 99.9
    if arguments[0] == '--least':
        least, arguments = float(arguments[1]), arguments[2:]
    gopacket, torc, files = load_gopacket(arguments[0]), arguments[1], arguments[2:]
    classes, keys, examples = (collections.Counter() for _ in range(3))
    where, compared, agreed, alone = {}, 0, 0, 0
    for path in files:
        for n, ours in load_torc(torc, path):
            theirs = gopacket.get((path, n))
            if theirs is None:
                alone += 1
                continue
            found = differing(ours, theirs)
            rule = known(ours, theirs) if found else None
            if rule:
                classes[rule] += 1
                continue
            compared += 1
            agreed += not found
            for key, pair in found.items():
                keys[key] += 1
                examples[key, str(pair)] += 1
                where.setdefault((key, str(pair)), f'{path} packet {n}')
    for rule, count in sorted(classes.items()):
        print(f'{count:7} packets differ as {rule} of docs/differences.md')
    print(f'{alone:7} packets only Torc read (D7)')
    for key, count in keys.most_common():
        print(f'{count:7} of {compared} differ in {key}')
    for (key, pair), count in examples.most_common(25):
        print(f'{count:7} {key}: torc, gopacket {pair[:300]}\n        {where[key, pair]}')
    share = 100 * agreed / compared if compared else 0
    print(f'{agreed} of {compared} packets agree in every key: {share:.3f} %')
    return 0 if share >= least else 1


if __name__ == '__main__':
    sys.exit(main())
