#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""compare.py [--most PERCENT] [--streams] GOPACKET.jsonl BUILD LIST

Decodes the files in the list with Torc and compares each packet with gopacket's line, in every key
and in every field that both have. A packet agrees exactly, or as amended by rules of
docs/differences.md (tests/agree/rules.go), or it disagrees. Status 1 when more than PERCENT of the packets (0: any) do.
"""
import argparse
import collections
import json
import os
import subprocess
import sys

KEYS = ('timestamp_ns', 'caplen', 'len', 'link')  # of the packet, not of its decoding
PLACE = ('type', 'offset', 'header_length', 'payload_length')
EMPTY = (None, 0, False, '', [], '0.0.0.0', '::', '00:00:00:00:00:00')


def load_gopacket(path):
    packets = collections.defaultdict(dict)
    with open(path, encoding='utf-8') as lines:
        for text in lines:
            line = json.loads(text)
            packets[line['file']][line['n']] = line
    return packets


def run(command):
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    return result.stdout.decode('utf-8', 'replace').splitlines()


def unique(pairs):
    """An object in which no key is there twice."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError('a key is there twice: ' + ' '.join(key for key, _ in pairs))
    return found


def load_torc(build, path, streams):
    """Packet number and what Torc says of it, in the keys of gopacket's lines."""
    dumped = run([f'{build}/torc', 'dump', '-n', '--json', *([] if streams else ['--no-streams']),
                  '-r', path])
    lines = [line for line in (json.loads(text, object_pairs_hook=unique) for text in dumped)
             if 'layers' in line]
    more = run([f'{build}/tests/agree/roles', *(['--streams'] if streams else []), path])
    if len(more) != len(lines):
        raise ValueError(f'{path}: {len(lines)} packets dumped, {len(more)} decoded')
    for n, (line, extra) in enumerate(zip(lines, more), 1):
        yield n, line, json.loads(extra)


def in_gopackets_keys(line, extra):
    layers, flow, unknown = line['layers'], line['flow'], line.get('unknown')
    text = lambda pair: [str(end) for end in pair] if pair else None
    return {
        'stack': [layer['type'] for layer in layers],
        'places': [[l['offset'], l['header_length'], l['payload_length']] for l in layers],
        'fields': layers,
        'network': text(flow['network']),
        'transport': text(flow['transport']),
        'network_hash': extra['network_hash'],
        'transport_hash': extra['transport_hash'],
        'roles': extra['roles'],
        'truncated': line['truncated'],
        'error': bool(line['error']),
        'unknown': [unknown['registry'], unknown['number']] if unknown else None,
    }


def as_strings(layer, key):
    """A list of Torc's as the sorted strings that fields.go makes where gopacket has no order."""
    if key == 'headers':  # a folded line is one with single blanks, RFC 3261 §7.3.1
        return sorted(f"{h['name'].lower()}: {' '.join(h['value'].split())}"
                      for h in layer.get(key, []))
    return sorted(f"{r['content_type']} {r['version']} {r['length']}" for r in layer.get(key, []))


def differing_fields(mine, theirs, path, found):
    """Collects the fields in which two objects differ, of those that gopacket has."""
    for key, value in theirs.items():
        own = mine.get(key)
        where = f'{path}.{key}'
        if isinstance(value, dict):
            own, value = as_strings(mine, key), sorted(value['?'] or [])
        if own in EMPTY and value in EMPTY:
            continue
        if isinstance(value, list) and isinstance(own, list) and len(own) == len(value) and \
                value and isinstance(value[0], dict):
            for one, other in zip(own, value):
                differing_fields(one, other, where + '[]', found)
        elif own != value:
            found[where] = (own, value)


def differing(ours, theirs):
    """The keys in which two decodings differ, with both values."""
    found = {}
    for key, own in ours.items():
        other = theirs[key]
        if key == 'transport' and other:
            other = [end.split('(')[0] for end in other]  # "80(http)"
        elif key == 'error':
            own, other = bool(own), bool(other)
        elif key in ('stack', 'places'):
            other = other or []
        if key == 'places' and len(own) == len(other):
            # a number of -1 is one that gopacket does not tell
            other = [[a if b == -1 else b for a, b in zip(*pair)] for pair in zip(own, other)]
        if key != 'fields' and own != other:
            found[key] = (own, other)
    if 'stack' not in found:
        for name, mine, other in zip(ours['stack'], ours['fields'], theirs['fields'] or []):
            differing_fields(mine, other or {}, name, found)
    return found


def drop_mapped(found):
    """D47: an IPv6 address that maps IPv4 is an IPv6 address. Whether there was one."""
    keys = [key for key, (own, other) in found.items()
            if '::ffff:' in str(own) and str(own).replace('::ffff:', '') == str(other)]
    for key in keys:
        del found[key]
    return bool(keys)


# D52: layers that gopacket does not have; it calls them Payload, or fails
OWN = {'BGP', 'CHDLC', 'EIGRP', 'HSRP', 'HTTP', 'ISIS', 'MQTT', 'PIM', 'QUIC', 'RIP', 'SlowProtocol', 'SNMP',
       'SSH', 'STUN', 'Syslog', 'TFTP', 'WireGuard',
       'FTP', 'IMAP', 'IRC', 'NNTP', 'POP3', 'SMTP', 'MySQL', 'PostgreSQL', 'RESP', 'RTSP', 'SOCKS',
       'Telnet', 'BitTorrent', 'DropboxLAN', 'OpenVPN'}
OWN |= {'AoE', 'PTP', 'DTLS'}
OWN |= {'DNP3', 'IEC104', 'TPKT', 'COTP', 'S7Comm', 'Synchrophasor',
        'OPCUA', 'BVLC', 'BACnet', 'BACapp', 'GOOSE', 'ProfinetRT', 'ProfinetDCP', 'AMS', 'DoIP'}

# D53
OWN |= {'ERSPAN Type III', 'ETag', 'ISAKMP', 'NSH', 'PBB', 'PseudowireChannel', 'PseudowireControlWord',
        'UDPEncap', 'VNTag', 'VXLAN-GPE'}

OWN |= {'CCP', 'CHAP', 'IPComp', 'IPCP', 'IPv6CP', 'IPv6Mobility', 'L2TP', 'LCP', 'PAP', 'Teredo'}

OWN |= {'CAN', 'CFM', 'GTPv1C', 'LISP', 'LISPControl', 'MACsec', 'Netlink', 'NFLOG', 'PPI', 'UDLD', 'WakeOnLAN'}

# those that it has, but not there: RFC 3948, RFC 4448
OWN_BEHIND = {('UDP', 'IPSecESP'), ('MPLS', 'Ethernet')}

OWN |= {'NBDGM', 'NBNS', 'NBSS', 'SMB', 'SMB2'}  # Windows networks
OWN |= {'IPX', 'NetBIOS', 'RTCP', 'RTP', 'SRVLOC'}  # media and Novell's networks
OWN |= {'DCERPC', 'Kerberos', 'LDAP', 'RIPng', 'RPC'}  # directories and remote procedures


def cut_own(line, ours, theirs):
    """Both up to the first layer of these, which gopacket leaves as bytes; None where there is none."""
    stack, other = ours['stack'], theirs['stack'] or []
    error = (line['error'] or '').split(':')[0]
    failed = error in OWN or (*stack[-2:-1], error) in OWN_BEHIND
    at = next((i for i, name in enumerate(stack) if name in OWN or (failed and name == 'DecodeFailure') or
               (*stack[max(i - 1, 0):i], name) in OWN_BEHIND), None)
    if at is None or (len(other) > at and (other[at] not in ('Payload', 'DecodeFailure') or
                                           theirs['places'][at][0] != ours['places'][at][0])):
        return None
    gone = ['roles', 'truncated', 'error', 'unknown']
    if len(stack) > at + 1:  # a tunnel, which may have the outermost flow in it
        gone += ['network', 'transport', 'network_hash', 'transport_hash']
    keep = lambda side: {**side, **dict.fromkeys(gone),
                         **{key: (side[key] or [])[:at] for key in ('stack', 'places', 'fields')}}
    return keep(ours), keep(theirs)


class Report:
    """Counts, and one example of each kind of difference."""

    def __init__(self, explain):
        self.explain = explain
        self.packets = self.exact = self.alone = self.ruled = 0
        self.rules = collections.Counter()
        self.kinds = collections.Counter()
        self.compared, self.own = set(), set()
        self.example = {}
        self.files = set()

    def take(self, path, n, line, extra, theirs):
        self.packets += 1
        ours = in_gopackets_keys(line, extra)
        packet = {key: (line.get(key), theirs[key]) for key in KEYS
                  if key in line and line[key] is not None and line[key] != theirs[key]}
        found = {**packet, **differing(ours, theirs)}
        rules = [theirs['time_rule']] if 'time_rule' in theirs else []
        if theirs.get('amended'):
            amended = {**packet, **differing(ours, theirs['amended'])}
            if found or amended:
                found, rules = amended, rules + theirs['rules']
        own = cut_own(line, ours, theirs.get('amended') or theirs)
        if own and found:
            ours, other = own
            found, rules = {**packet, **differing(ours, other)}, rules + ['D52']
            theirs = {**theirs, 'fields': other['fields'], 'amended': other}
        if drop_mapped(found):
            rules = rules + ['D47']
        if not found:
            self.count_fields(ours, theirs['amended'] if rules and 'amended' in theirs else theirs)
            self.exact += not rules
            self.ruled += bool(rules)
            self.rules.update(set(rules))
            return
        self.files.add(path)
        kind = ' '.join(sorted(found))
        self.kinds[kind] += 1
        values = '\n'.join(f'          {key}: torc {pair[0]} gopacket {pair[1]}'[:600]
                           for key, pair in found.items())
        text = (f'        {path} packet {n}, rules {rules or "none"}\n          {theirs["error"]}'
                f' | {(theirs.get("amended") or {}).get("error")}\n          torc {"/".join(ours["stack"])} gopacket '
                f'{"/".join(theirs["stack"] or [])}\n{values}')
        if self.explain:
            print(text)
        self.example.setdefault(kind, text)

    def count_fields(self, ours, theirs):
        for layer, fields in zip(ours['fields'], theirs['fields'] or []):
            for key in layer:
                if key in (fields or {}):
                    self.compared.add(f'{layer["type"]}.{key}')
                elif key not in PLACE and not key.endswith('_name'):
                    self.own.add(f'{layer["type"]}.{key}')

    def write(self, most):
        for rule in sorted(self.rules, key=lambda rule: int(rule[1:])):
            print(f'{self.rules[rule]:7} packets agree under {rule} of docs/differences.md')
        for kind, count in self.kinds.most_common(40):
            print(f'{count:7} DISAGREE in {kind}\n{self.example[kind]}')
        disagree = self.packets - self.exact - self.ruled
        share = 100 * disagree / self.packets if self.packets else 100
        print(f'{self.alone:7} packets only Torc read (D7)')
        print(f'{len(self.compared):7} fields of {len({k.split(".")[0] for k in self.compared})} '
              'layer types were compared')
        own = sorted(self.own - self.compared)
        print(f'{len(own):7} fields met only Torc has: {", ".join(own)}')
        print(f'{self.packets} packets: {self.exact} agree exactly, {self.ruled} under a rule, '
              f'{disagree} disagree ({share:.3f} %)')
        return 0 if share <= most else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--most', type=float, default=0)
    parser.add_argument('--streams', action='store_true')
    parser.add_argument('--explain', action='store_true', help='print each difference')
    parser.add_argument('gopacket')
    parser.add_argument('build')
    parser.add_argument('list', help='a file with the name of a capture on each line')
    arguments = parser.parse_args()
    gopacket, report = load_gopacket(arguments.gopacket), Report(arguments.explain)
    with open(arguments.list, encoding='utf-8') as names:
        files = names.read().splitlines()
    for path in files:
        theirs = gopacket.get(path, {})
        for n, line, extra in load_torc(arguments.build, path, arguments.streams):
            if n in theirs:
                line['link'] = theirs[n]['link']
                report.take(path, n, line, extra, theirs[n])
            else:
                report.alone += 1
    return report.write(arguments.most)


if __name__ == '__main__':
    sys.exit(main())
