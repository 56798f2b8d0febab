#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""tshark.py [--most PERCENT] [--fields] BUILD LIST

Compares what Torc and tshark find in each packet of the captures in the list: the layers and their
places, the fields of each layer (tshark_fields.py says which), the ends of its flows, whether it
could be decoded, and whether its checksums are right.

The files are joined into one, each a section of a pcapng file, so that tshark starts once. It is told
to look at each packet alone: no reassembly, no relative numbers. PDML has the place of each field.

A packet agrees exactly, or but for differences that a rule knows (tshark_rules.py; the S lines of
docs/differences.md), or it disagrees. Status 1 when more than PERCENT (0.1) disagree; 77 when there
is no tshark. --fields lists every layer and field with how often it was compared.
"""
import argparse
import codecs
import collections
import ipaddress
import json
import os
import shutil
import subprocess
import sys
import tempfile
import xml.parsers.expat

from tshark_fields import LAYERS, NAMES, WANTED, address, number, octets, text
from tshark_rules import Case, Difference, rule_of

SETTINGS = ('ip.defragment:FALSE', 'ipv6.defragment:FALSE', 'tcp.desegment_tcp_streams:FALSE',
            'sctp.reassembly:FALSE', 'cotp.reassemble:FALSE', 'sctp.relative_tsns:FALSE', 'sctp.checksum:CRC 32c',
            'sctp.tsn_analysis:FALSE', 'tcp.analyze_sequence_numbers:FALSE',
            'tcp.relative_sequence_numbers:FALSE', 'ip.tso_support:TRUE', 'ipv6.tso_support:TRUE',
            'ip.check_checksum:TRUE', 'tcp.check_checksum:TRUE', 'udp.check_checksum:TRUE',
            'udplite.check_checksum:TRUE', 'eth.fcs:Never')

EMPTY = (0, '', '0.0.0.0', '::')  # what torc leaves out of a message that has no such field
DNS_OPT = 41  # has flags where other records have a time to live (RFC 6891 §6.1.3)

NOT_XML = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 0xfffe, 0xffff], '?')

NETWORK = {'IPv4': ('ip.src', 'ip.dst'), 'IPv6': ('ipv6.src', 'ipv6.dst')}
TRANSPORT = {'TCP': ('tcp.srcport', 'tcp.dstport'), 'UDP': ('udp.srcport', 'udp.dstport'),
             'UDPLite': ('udp.srcport', 'udp.dstport'), 'SCTP': ('sctp.srcport', 'sctp.dstport')}

# tshark's errors that do not say "malformed"
BOGUS = ('bogus', 'invalid', 'bad_length', 'exceeds', 'too_small', 'overflow', 'malformed')

# protocol of the checksum, and tshark's states: 0 bad, 1 good, 2 unverified, 3 not present
SUMS = {'IPv4': 'ip', 'TCP': 'tcp', 'UDP': 'udp', 'UDPLite': 'udp', 'ICMPv4': 'icmp',
        'ICMPv6': 'icmpv6', 'GRE': 'gre', 'SCTP': 'sctp', 'IGMP': 'igmp'}
STATES = {'right': (1,), 'wrong': (0,), 'absent': (2, 3, 4), 'not checkable': (2,)}

Field = collections.namedtuple('Field', 'name pos size show value')
Proto = collections.namedtuple('Proto', 'name pos size')


class Packet:
    """What tshark says of one packet."""

    def __init__(self):
        self.protos, self.fields = [], collections.defaultdict(list)
        self.section = 0
        self.real = False  # tshark lists blocks without a packet too; they have no link type
        self.bogus = []

    def has(self, name):
        return any(proto.name == name for proto in self.protos)

    def at(self, names, pos):
        for proto in self.protos:
            if proto.name in names and proto.pos == pos:
                return proto
        return None

    def within(self, names, start, end):
        """The fields of the first of these names that is there, or of names joined, in wire order."""
        for name in names.split('|'):
            found = sorted((f for one in name.split('+') for f in self.fields.get(one, ())
                            if start <= f.pos < end), key=lambda field: field.pos)
            if found:
                return found
        return []


class Reader:
    """PDML, packet by packet."""

    def __init__(self, take):
        self.take, self.packet = take, None
        self.parser = xml.parsers.expat.ParserCreate()
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end

    def start(self, tag, a):
        if tag == 'packet':
            self.packet = Packet()
        elif tag == 'field':
            name = a['name']
            if name in WANTED or name.endswith('checksum.status'):
                self.packet.fields[name].append(Field(name, int(a['pos']), int(a['size']),
                                                      a['show'], a.get('value', '')))
            elif name == 'frame.encap_type':
                self.packet.real = True
            elif name == 'frame.section_number':
                self.packet.section = int(a['show'])
            if any(word in name for word in BOGUS):
                self.packet.bogus.append(name)
        elif tag == 'proto':
            self.packet.protos.append(Proto(a['name'], int(a.get('pos', 0)), int(a.get('size', 0))))

    def end(self, tag):
        if tag == 'packet' and self.packet.real:
            self.take(self.packet)


def first_of_each(pairs):
    """An object whose keys keep the first value they have."""
    return dict(reversed(pairs))


def values(layer, path):
    """The values at a path in one layer of torc's JSON; [] when there are none."""
    if '[].' not in path:
        return [layer[path]] if path in layer else []
    lists, key = path.split('[].')
    return [element[key] for name in lists.split('|') for element in layer.get(name, ())
            if key in element and not (key in ('ttl', 'class') and element['type'] == DNS_OPT)]


def plain(value):
    return int(value) if isinstance(value, bool) else value.lower() if isinstance(value, str) else value


def canonical(value):
    """An address as RFC 5952 §4 has it; torc may end it as IPv4 is written, as inet_ntop() does."""
    return str(ipaddress.ip_address(value)) if ':' in value else value


def convert(spec, ours, fields):
    """tshark's values in the form of torc's."""
    way = spec[1] if isinstance(spec, tuple) else text if ours and isinstance(ours[0], str) else number
    return [plain(way(field)) for field in fields]


class Comparison:
    def __init__(self):
        self.counts = collections.Counter()  # (layer, field or '', what) -> how often
        self.kinds, self.examples = collections.Counter(), {}
        self.rules, self.sums = collections.Counter(), collections.Counter()
        self.packets = self.exact = self.excused = 0

    def field(self, layer, path, spec, packet):
        start, kind = layer['offset'], layer['type']
        fields = packet.within(spec if isinstance(spec, str) else spec[0],
                               start, start + max(layer['header_length'], 1))
        if isinstance(spec, tuple) and len(spec) == 3 and fields:
            fields = spec[2](fields, packet, start)
        ours = [plain(value) for value in values(layer, path)]
        if not fields:
            self.counts[kind, path, 'only torc' if any(ours) else 'neither'] += 1
            return None
        theirs = convert(spec, ours, fields)
        if spec[1] is address:
            ours = [canonical(value) for value in ours]
        if path.startswith('addresses[]'):  # an address of zeros is one that torc leaves out
            theirs = [value for value in theirs if value not in EMPTY]
        if len(ours) == 1 < len(theirs) and '[' not in path and spec[1] is octets:
            theirs = [''.join(theirs)]  # one field of bytes that tshark shows in pieces
        if path.endswith('class') and packet.has('mdns'):
            ours = [value & 0x7fff for value in ours]  # the highest bit is a flag: RFC 6762 §10.2
        if path.endswith(('name', 'target')):  # torc puts a backslash before a dot in a label
            ours = [value.replace('\\.', '.') if isinstance(value, str) else value for value in ours]
        if ours == theirs or (not ours and all(value in EMPTY for value in theirs)):
            self.counts[kind, path, 'equal'] += 1
            return None
        self.counts[kind, path, 'differ'] += 1
        return Difference(f'{kind}.{path}', ours, theirs, layer, None)

    def layer(self, layer, packet):
        kind = layer['type']
        if kind not in LAYERS:
            return
        protocols, extent, table = LAYERS[kind]
        self.counts[kind, '', 'seen'] += 1
        if protocols:
            protocols = protocols if isinstance(protocols, tuple) else (protocols,)
            proto = packet.at(protocols, layer['offset'])
            if not proto:
                yield Difference(kind + ' @', layer['offset'],
                                 [p.pos for p in packet.protos if p.name in protocols], layer, None)
                return
            size = layer['header_length'] + (layer['payload_length'] if extent == 'all' else 0)
            if extent and proto.name in NAMES and proto.size != size:
                yield Difference(kind + ' size', size, proto.size, layer, proto)
        self.counts[kind, '', 'there'] += 1
        for path, spec in table.items():
            difference = self.field(layer, path, spec, packet)
            if difference:
                yield difference

    def checksum(self, layer, packet, sums):
        """Right, wrong, absent or not to be checked."""
        kind = layer['type']
        ours = sums.get(str(layer['offset']))
        if kind not in SUMS or not ours:
            return
        theirs = packet.within(SUMS[kind] + '.checksum.status', layer['offset'],
                               layer['offset'] + max(layer['header_length'], 8))
        if not theirs:
            self.sums[kind, ours, 'not in tshark'] += 1
            return
        state = number(theirs[0])
        self.sums[kind, ours, state] += 1
        if state not in STATES[ours]:
            yield Difference(kind + ' checksum', ours, state, layer, None)

    @staticmethod
    def ends(case, key, kinds):
        """The two ends of a flow: those of the outermost layer of these kinds."""
        layer = next((layer for layer in case.layers if layer['type'] in kinds), None)
        if not layer:
            return
        start, names = layer['offset'], kinds[layer['type']]
        fields = [case.theirs.within(name, start, start + layer['header_length']) for name in names]
        theirs = [str(plain(address(field[0]) if key == 'network' else number(field[0])))
                  for field in fields if field]
        ours = [canonical(str(end)) for end in case.ours['flow'][key] or ()]
        if len(theirs) == 2 and ours != theirs:
            yield Difference(key, ours, theirs, layer, None)

    def packet(self, where, ours, packet, sums):
        case = Case(ours, packet)
        found = [*self.ends(case, 'network', NETWORK), *self.ends(case, 'transport', TRANSPORT)]
        for layer in case.layers:
            found += self.layer(layer, packet)
            found += self.checksum(layer, packet, sums)
        seen = {layer['offset'] for layer in case.layers if layer['type'] in LAYERS}
        found += [Difference('only tshark', case.last['type'], proto.name, None, proto)
                  for proto in packet.protos if proto.name in NAMES and proto.pos not in seen]
        if ours['error'] and not case.broken:
            found.append(Difference('error', ours['error'], None, case.last, None))
        self.judge(where, case, found)

    def judge(self, where, case, found):
        left = False
        rules = set()
        for difference in found:
            rule = rule_of(difference, case)
            if rule:
                rules.add(rule)
                continue
            left = True
            kind = (difference.key, str(difference.ours)[:90], str(difference.theirs)[:90])
            self.kinds[kind] += 1
            self.examples.setdefault(kind, where)
        self.rules.update(rules)
        self.packets += 1
        self.exact += not found
        self.excused += bool(found) and not left


def join(torc, files, path):
    """All packets of the files, a section each; the files that have one."""
    sections = []
    with open(path, 'wb') as joined, tempfile.TemporaryDirectory() as folder:
        part = os.path.join(folder, 'part.pcapng')
        for name in files:
            subprocess.run([torc, 'dump', '-r', name, '-w', part], stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL, check=False)
            if os.path.exists(part):
                with open(part, 'rb') as one:
                    joined.write(one.read())
                os.unlink(part)
                sections.append(name)
    return sections


def lines_of(*command):
    run = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    for line in run.stdout:
        packet = json.loads(line.decode('utf-8', 'replace'), object_pairs_hook=first_of_each)
        if 'summary' not in packet:
            yield packet


def tshark_pdml(path, take):
    command = ['tshark', '-n', '-r', path, '-T', 'pdml']
    for setting in SETTINGS:
        command += ['-o', setting]
    with tempfile.TemporaryFile() as words:
        run = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=words)
        reader = Reader(take)
        decoder = codecs.getincrementaldecoder('utf-8')('replace')
        while True:
            part = run.stdout.read(1 << 20)
            # text from packets comes with bytes that XML does not allow
            reader.parser.Parse(decoder.decode(part, not part).translate(NOT_XML))
            if not part:
                break
        if run.wait() == 0:
            return True
        words.seek(0)
        sys.stderr.buffer.write(words.read())
        return False


def report_fields(all_):
    for kind in sorted({key[0] for key in all_.counts}):
        print(f'{kind}: {all_.counts[kind, "", "there"]} of {all_.counts[kind, "", "seen"]} layers in both')
        for path in sorted({key[1] for key in all_.counts if key[0] == kind and key[1]}):
            print('    %-42s equal %6d   differ %4d   only in torc %5d' % (
                path, all_.counts[kind, path, 'equal'], all_.counts[kind, path, 'differ'],
                all_.counts[kind, path, 'only torc']))


def report(all_, most):
    equal = sum(count for key, count in all_.counts.items() if key[2] == 'equal')
    compared = len({key[:2] for key in all_.counts if key[2] in ('equal', 'differ')})
    print(f'{compared} fields compared, {equal} times equal; checksums compared:'
          f' {sum(n for key, n in all_.sums.items() if key[2] != "not in tshark")}')
    for rule, count in sorted(all_.rules.items(), key=lambda item: (item[0][0], int(item[0][1:]))):
        print(f'{count:7} packets differ as {rule} of docs/differences.md')
    for kind, count in all_.kinds.most_common(60):
        print(f'{count:7} {kind[0]}: torc {kind[1]}, tshark {kind[2]}\n        {all_.examples[kind]}')
    wrong = all_.packets - all_.exact - all_.excused
    share = 100 * wrong / max(1, all_.packets)
    print(f'{all_.packets} packets: {all_.exact} agree with tshark exactly, {all_.excused} under a rule,'
          f' {wrong} disagree: {share:.3f} %')
    return 0 if all_.packets and share <= most else 1


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--most', type=float, default=0.1)
    parser.add_argument('--fields', action='store_true')
    parser.add_argument('build')
    parser.add_argument('list')
    arguments = parser.parse_args()
    if not shutil.which('tshark'):
        print('cannot compare: tshark is not installed', file=sys.stderr)
        return 77
    torc = os.path.join(arguments.build, 'torc')
    with open(arguments.list, encoding='utf-8') as names:
        files = names.read().split('\n')[:-1]
    all_, counts = Comparison(), collections.Counter()
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'joined.pcapng')
        sections = join(torc, files, path)
        ours = lines_of(torc, 'dump', '-n', '--json', '-r', path)
        sums = lines_of(os.path.join(arguments.build, 'tests/agree/sums'), path)

        def take(packet):
            counts[packet.section] += 1
            all_.packet(f'{sections[packet.section - 1]} packet {counts[packet.section]}',
                        next(ours), packet, next(sums))

        if not tshark_pdml(path, take) or next(ours, None) or next(sums, None):
            print('tshark read fewer packets than torc', file=sys.stderr)
            return 1
    if arguments.fields:
        report_fields(all_)
    return report(all_, arguments.most)


if __name__ == '__main__':
    sys.exit(main())
