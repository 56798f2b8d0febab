# SPDX-License-Identifier: BSD-3-Clause
"""The differences between Torc and tshark that are meant to be: the S lines of docs/differences.md.

Each rule looks at one difference and at the packet that it is in, and takes out nothing else. A
difference is (key, torc's, tshark's, layer of torc or None, protocol of tshark or None).
"""
import collections
import re

from tshark_fields import NAMES

Difference = collections.namedtuple('Difference', 'key ours theirs layer proto')

# protocols of tshark that are no layer of their own
NOTHING = ('geninfo', 'frame', 'fake-field-wrapper', '_ws.malformed', '_ws.short', '_ws.unreassembled',
           '_ws.expert', 'data', 'pkt_comment', 'mptcp')
WCCP = 0x883e
ATM = 19
SSH_IN_ASCII = '1397966893'


class Case:
    """A packet as both see it."""

    def __init__(self, ours, theirs):
        self.ours, self.theirs = ours, theirs
        self.layers = ours['layers']
        self.last = self.layers[-1] if self.layers else {'type': '', 'offset': 0, 'header_length': 0}
        self.before = self.layers[-2]['type'] if len(self.layers) > 1 else ''
        self.unknown = (ours.get('unknown') or {}).get('number')
        self.failed = self.last['type'] == 'DecodeFailure'
        self.error = ours['error'] or ''
        # a layer that is there up to where its tail is cut or wrong
        self.tail = self.error.split(':')[0]
        self.cut = ours['caplen'] < ours['len']
        # the packet was cut, or tshark says itself that it is malformed
        self.broken = self.cut or bool(theirs.bogus) or any(
            theirs.has(name) for name in ('_ws.malformed', '_ws.short', '_ws.unreassembled'))

    def layer_at(self, proto):
        """The layer of ours that the protocol lies in, but does not begin."""
        for layer in self.layers:
            if layer['offset'] < proto.pos < layer['offset'] + layer['header_length']:
                return layer
        return None

    def behind(self, proto):
        """Whether the protocol lies in what Torc leaves as bytes."""
        return self.last['type'] in ('Payload', 'Fragment') and proto.pos >= self.last['offset']

    def foreign(self, proto):
        """Whether a protocol that Torc does not have is what Payload begins with."""
        return any(other.pos == self.last['offset'] and other.size > 0 and other.name not in NAMES and
                   other.name not in NOTHING for other in self.theirs.protos) and self.behind(proto)

    def port(self):
        ports = self.ours['flow']['transport'] or ()
        return set(ports)


def only_tshark(difference):
    return difference.key == 'only tshark'


def quoted(d, case):
    if not only_tshark(d):
        return False
    inside = case.layer_at(d.proto)
    return (case.before in ('ICMPv4', 'ICMPv6') and case.behind(d.proto)) or \
        (inside is not None and inside['type'] == 'ICMPv6Redirect')


def foreign(d, case):
    link = (case.ours.get('unknown') or {}).get('registry') == 'link type'
    return only_tshark(d) and (case.foreign(d.proto) or link or
                               (case.behind(d.proto) and d.proto.pos > case.last['offset'] and
                                case.before == 'SCTPData'))


def inside(d, case):
    if not only_tshark(d):
        return False
    layer = case.layer_at(d.proto)
    return layer is not None and layer['type'] in ('SFlow', 'RADIUS', 'DHCPv6', 'LCP')


def fragment(d, case):
    return only_tshark(d) and case.behind(d.proto) and any(
        layer.get('more_fragments') and not layer.get('fragment_offset') for layer in case.layers)


def both_fail(d, case):
    """What neither could decode to its end: tshark shows the part that it read."""
    if d.layer and d.layer['type'] == case.tail and case.ours['status'] != 'malformed':
        return not d.ours  # a field of the part that is there
    if not only_tshark(d):
        return False
    empty = d.proto.pos >= case.ours['caplen']
    return empty or (case.failed and d.proto.pos >= case.last['offset'] and
                     (case.broken or case.ours['status'] == 'header-truncated'))


def tshark_stops(d, case):
    """tshark gives up in a layer that Torc has, and shows nothing from there on."""
    if d.key.startswith('Dot11InformationElement.elements[].'):
        return case.theirs.has('_ws.malformed') and list(d.ours)[:len(d.theirs)] == list(d.theirs)
    return d.key.endswith(' @') and not d.theirs and case.broken and \
        not any(proto.pos > d.ours and proto.name not in NOTHING for proto in case.theirs.protos)


def element(d, case):
    """One element more or fewer, where an element does not fit into its list."""
    if d.key == 'STP size':
        return case.cut and d.ours < d.theirs
    if '[].' not in d.key or not (case.broken or d.key.startswith('STUN.')):
        return False
    shorter, longer = sorted((list(d.ours), list(d.theirs)), key=len)
    return len(longer) <= len(shorter) + 1 and longer[:len(shorter)] == shorter


def jumbo(d, case):
    """A UDP length of 0: all there is (RFC 2675 §4), also below IPv4 when captured before offload."""
    udp = [layer for layer in case.layers if layer['type'] == 'UDP' and layer['length'] == 0]
    place = d.layer['offset'] if d.layer else d.proto.pos if d.proto else -1
    return bool(udp) and case.ours['len'] > 65535 and place >= udp[0]['offset']


def isl(d, case):
    first = case.layers[0]
    return first['type'] == 'Ethernet' and first['dst'][:14] in ('01:00:0c:00:00', '0c:00:0c:00:00') and \
        case.theirs.has('isl')


def wccp(d, case):
    return case.unknown == WCCP and case.before == 'GRE' and \
        ((d.key == 'GRE size' and d.theirs == d.ours + 4) or (only_tshark(d) and case.behind(d.proto)))


def ppp_address(d, case):
    """An address of 255 whose control is not 3: a protocol of one byte (RFC 1661 §6.5)."""
    return case.unknown == 255 and (d.key == 'PPP.address_control' or
                                    (d.key == 'PPP size' and d.ours == 1 < d.theirs))


def atm_arp(d, case):
    return d.key == 'ARP @' and d.layer['hardware_type'] == ATM and case.theirs.has('_ws.malformed')


def other_port(d, case):
    """A protocol of ours on a port that is not its own: tshark guesses by content."""
    return only_tshark(d) and d.proto.name in ('dns', 'ntp', 'sip', 'radius') and \
        case.behind(d.proto) and case.before in ('UDP', 'TCP') and \
        not case.port() & {53, 5353, 5355, 123, 5060, 1812, 1813, 3799}


def version(d, case):
    """tshark goes by the version nibble, Torc by what announced the packet."""
    return case.failed and case.ours['error'].endswith((': the version is not 4', ': the version is not 6')) and \
        (d.key == 'error' or (only_tshark(d) and d.proto.pos >= case.last['offset']))


def sum_of_part(d, case):
    """IP promises more than there is: tshark sums up what there is, or does not try what is whole."""
    return d.key.endswith(' checksum') and case.ours['truncated'] and \
        (d.ours == 'not checkable' or d.theirs == 2)


def no_record(d, case):
    if d.key.startswith('TLS.records[]'):  # tshark waits for the rest of the last one
        return not d.layer['records'][-1]['whole'] and list(d.theirs) == list(d.ours[:-1])
    return only_tshark(d) and d.proto.name == 'tls' and case.before == 'TCP' and case.behind(d.proto)


def hint(d, case):
    """A protocol that its port announces, and whose first bytes cannot be its own."""
    return only_tshark(d) and case.before in ('UDP', 'TCP') and case.behind(d.proto) and any(
        proto.pos == case.last['offset'] and proto.name in HINTS_D52 +
        ('sflow', 'ntp', 'dhcp', 'bfd', 'dns', 'sip', 'gtp', 'radius', 'dhcpv6', 'vxlan', 'cflow',
         'rmcp', 'gtpv2')
        for proto in case.theirs.protos)


def messages(d, case):
    """Several messages in a segment, or a part of one: Torc shows them by their own lengths."""
    if d.key == 'AMS @':
        return True  # the first is all that tshark shows
    if d.key == 'Diameter @':
        return not d.theirs
    if only_tshark(d) and (case.last['type'] in ('ENIP', 'CIP') and d.proto.name in ('enip', 'cip') or
                           case.last['type'] in ('COTP', 'S7Comm') and d.proto.name in ('tpkt', 'cotp', 's7comm')):
        return d.proto.pos >= case.last['offset'] + case.last['header_length']
    return case.last['type'] == 'Modbus' and only_tshark(d) and d.proto.name in ('mbtcp', 'modbus') and \
        d.proto.pos >= case.last['offset'] + case.last['header_length']


def pflog_length(d, case):
    """pf's log with FreeBSD's rule identifier."""
    return d.key == 'PFLog size' and d.layer['length'] == 69


def lacking(d, case):
    """NetFlow and IPFIX whose length or count says another length than the datagram has."""
    return d.key == 'NetFlow @' and not d.theirs and (
        case.ours['truncated'] or case.layers[-2].get('length') != 8 + case.last['header_length'])


# what a standard forbids; tshark shows such a header, mostly without a word
REFUSED = ('version is not 1', 'version is not 3', 'version is not 5', 'version is neither 0 nor 1',
           'version is neither 2 nor 3', 'length is below the header', 'unknown message type',
           'operation is neither request nor reply', 'an option does not fit', 'a name or record does not fit',
           'chassis, port or TTL is missing', 'a TLV is shorter than its header',
           'unknown kind of agent address', 'an extension header has length 0',
           "length is below the packet's type", 'the length is less than 8',
           'checksum coverage is below the header', 'chunk length is below its header', 'protocol number is even',
           'neither a request line nor a status line',
           'an AVP does not fit', 'an element does not fit',
           'the descriptors do not fit', 'the transfer type is above 3', 'the length is less than 45',
           'the function is neither reply nor forward', 'the skip count is odd', 'version is not 1 (type II)', 'version and type are not 1', 'a set does not fit')


# the protocols of D52, in both ways: as a port announces them, and as a standard forbids them
HINTS_D52 = ('bgp', 'hsrp', 'mqtt', 'quic', 'rip', 'snmp', 'ssh', 'stun', 'syslog', 'tftp', 'wg',
             'ftp', 'imap', 'irc', 'nntp', 'pop', 'smtp', 'mysql', 'pgsql', 'resp', 'rtsp', 'socks',
             'telnet', 'bittorrent', 'db-lsp-disc', 'openvpn', 'enip', 'cipio')
REFUSED += ('the version is not 1', 'the version is not 2', 'unknown PDU type', 'system ids do not have 6 bytes',
            "the PDU's length ends in its header")

# those of links
HINTS_D52 += ('ptp',)
REFUSED += ("the length is below the message's",)

# those of D65
HINTS_D52 += ('nbdgm', 'nbns', 'nbss')

# those of D67
HINTS_D52 += ('rtcp', 'srvloc')

# those of D66
HINTS_D52 += ('cldap', 'dcerpc', 'kerberos', 'ldap', 'ripng', 'rpc')

# those of D53
HINTS_D52 += ('esp', 'isakmp', 'l2tp', 'lisp', 'lisp-data', 'teredo', 'udpencap', 'wol')
REFUSED += ('more than 64 bytes of data', 'no room for data and check value', 'an attribute does not fit', 'length is below the message',
            'a payload does not fit', 'version is not 0', 'version is not 2 (type III)',
            'not the length of its metadata type')


def refused(d, case):
    kept = d.key == 'error' or (d.layer and d.layer['type'] == case.tail)
    if kept and case.ours['status'] == 'malformed' and \
            case.error.endswith(tuple(': ' + reason for reason in REFUSED)):
        return True
    return case.failed and case.ours['status'] == 'malformed' and \
        case.ours['error'].endswith(tuple(': ' + reason for reason in REFUSED)) and \
        (d.key == 'error' or (only_tshark(d) and d.proto.pos >= case.last['offset']))


def geneve_version(d, case):
    return only_tshark(d) and case.before == 'Geneve' and case.layers[-2]['version'] != 0 and \
        case.behind(d.proto)


def place(d):
    return d.layer['offset'] if d.layer else d.proto.pos if d.proto else -1


def behind_layer(d, case, kind, test=lambda layer: True):
    """Whether a difference is behind a layer of that kind."""
    return any(layer['type'] == kind and test(layer) and
               place(d) >= layer['offset'] + layer['header_length'] for layer in case.layers)


def pseudowire(d, case):
    """Behind a label stack that IP does not follow: tshark goes by the vendors' numbers of two addresses."""
    stack = [i for i, layer in enumerate(case.layers) if layer['type'] == 'MPLS']
    if not stack or not behind_layer(d, case, 'MPLS'):
        return False
    ours = [layer['offset'] for layer in case.layers[stack[-1]:] if layer['type'] == 'Ethernet'][:1]
    start = case.layers[stack[-1]]['offset'] + 4
    theirs = [proto.pos for proto in case.theirs.protos if proto.name == 'eth' and proto.pos >= start][:1]
    return not ours or ours != theirs


def erspan_ip(d, case):
    """tshark shows the bytes of an ERSPAN type III packet whose frame type is IP."""
    return d.key.endswith(' @') and behind_layer(
        d, case, 'ERSPAN Type III', lambda layer: layer['frame_type'] == 2)


def gpe_ethernet(d, case):
    """VXLAN-GPE without a next protocol carries Ethernet."""
    return d.key.endswith(' @') and behind_layer(
        d, case, 'VXLAN-GPE', lambda layer: not layer['has_next_protocol'])


def backbone(d, case):
    """tshark takes the customer's addresses and type into the service tag."""
    before = [b for a, b in zip(case.layers[1:], case.layers) if a is d.layer]
    return d.key == 'Ethernet @' and before and before[0]['type'] == 'PBB'


def check_value(d, case):
    """The integrity check value of MACsec, which tshark 4.0 leaves to what the tag carries."""
    return d.key.endswith(' size') and d.theirs == d.ours + 16 and \
        any(layer['type'] == 'MACsec' for layer in case.layers)


def lower_port(d, case):
    """tshark asks the protocol of the lower port, and when that is TLS no other one."""
    return d.key.endswith(' @') and not d.theirs and case.before == 'TCP' and \
        case.theirs.has('tls') and min(case.port()) in {465, 636, 853, 989, 990, 993, 995}


def later_frame(d, case):
    """A later fragment of 802.11 does not begin with LLC."""
    return only_tshark(d) and case.last['type'] == 'Fragment' and case.before == 'Dot11Data' and \
        case.behind(d.proto)


# of which a segment's messages are one layer
LISTS = {'BGP': 'bgp', 'MQTT': 'mqtt', 'MySQL': 'mysql', 'PostgreSQL': 'pgsql', 'SMB2': 'smb2', 'LDAP': 'ldap', 'RTCP': 'rtcp'}


def one_list(d, case):
    """A segment's messages are one layer; the digest of RIP is no route, and no address is none."""
    if only_tshark(d):
        inside = case.layer_at(d.proto)
        return inside is not None and d.proto.name == LISTS.get(inside['type'])
    if d.key.startswith('RIP.entries[].'):
        key = d.key.split('.')[-1]
        return list(d.theirs) == [entry[key] for entry in d.layer['entries'] if entry['family'] != 65535]
    if d.key.startswith('BGP.messages[].'):
        return list(d.theirs)[:len(d.ours)] == list(d.ours)
    return d.key == 'SlowProtocol.partner_system' and not d.ours and \
        list(d.theirs) == ['00:00:00:00:00:00']


def identification(d, case):
    """Of a connection that has told its version, tshark reads the next such line as a packet."""
    if d.key == 'SSH.identification':
        return case.cut and [text.rstrip() for text in d.theirs] == list(d.ours)
    if d.key == 'SSH @':
        return len(d.theirs) == 1 and d.theirs[0] < d.ours  # one protocol for what the segment has
    return d.key.startswith('SSH') and any(
        field.show == SSH_IN_ASCII for field in case.theirs.fields['ssh.packet_length'])


def by_bytes(d, case):
    """What tshark knows by the connection, Torc by the bytes alone."""
    if only_tshark(d):  # what peers send behind their handshake
        return case.behind(d.proto) and (
            d.proto.name == 'bittorrent' or d.proto.name == 'tls' and case.before == 'OpenVPN')
    if d.key == 'MySQL.command':  # a login is a command for it
        return d.layer['kind'] != 4
    if d.key == 'RESP.values[].string':  # and waits for the rest of the last one
        return not d.layer['values'][-1]['whole'] and list(d.ours[:-1]) == list(d.theirs)
    if not d.key.endswith(' @') or d.theirs:
        return False
    if d.key in ('TLS @', 'SSH @', 'RTSP @'):  # on any port, also where it begins later
        return case.layers[-1]['type'] == d.key[:-2]
    return d.key == 'PostgreSQL @' and d.layer['header_length'] == 1 or \
        d.key in ('SOCKS @', 'MySQL @', 'PostgreSQL @') and case.broken


# layers of gopacket's that tshark does not have
NOT_TSHARK = ('AGUEVar0', 'AGUEVar1', 'APSP', 'LCM', 'RUDP')


def not_known(d, case):
    """What is in them, and what of them cannot be decoded."""
    at = [layer['offset'] for layer in case.layers if layer['type'] in NOT_TSHARK]
    if case.tail in NOT_TSHARK and d.key == 'error':
        return True
    return bool(at) and d.key.endswith(' @') and d.layer['offset'] >= at[0]


def cut_head(d, case):
    """Heads inside these layers, of which tshark shows what there is, and the next one of a cut segment."""
    if only_tshark(d):
        if case.last['type'] == 'Payload' and case.before == 'RPC':
            return case.cut and d.proto.name == 'rpc' and case.behind(d.proto)
        return case.cut and case.last['type'] in CHAINED and \
            d.proto.pos >= case.last['offset'] + case.last['header_length']
    return case.cut and d.layer and d.layer['type'] in CUT_HEADS and not d.ours


# layers with heads of other layers in them
CHAINED = ('DNP3', 'IEC104', 'Synchrophasor', 'OPCUA', 'AMS', 'DoIP', 'SIP')
CUT_HEADS = CHAINED + ('S7Comm', 'BVLC', 'BACnet', 'BACapp', 'GOOSE', 'ProfinetRT', 'ProfinetDCP', 'SRVLOC')


def list_delay(d, case):
    """ListIdentity asks for a delay in what is the sender's context in every other command."""
    return d.key == 'ENIP.sender_context' and d.layer['command'] == 0x63


def in_quic(d, case):
    """What an Initial packet carries is TLS, decrypted: fields of the layer here. So are packets behind it."""
    return only_tshark(d) and d.proto.name in ('tls', 'quic') and case.before == 'QUIC' and \
        case.behind(d.proto)


def dtls_pieces(d, case):
    """A later fragment has what the message says; a record is told by less than its header."""
    if only_tshark(d):
        return d.proto.name == 'dtls' and case.cut and case.before == 'UDP' and case.behind(d.proto)
    return d.key.startswith('DTLS.') and d.layer.get('fragment_offset', 0) > 0


def reply(d, case):
    """tshark knows a reply of RPC by its call only."""
    return d.key == 'RPC @' and not d.theirs and d.layer['message_type'] == 1


SUBOPTION = 250  # of Telnet
# kinds of BGP's path attributes
REACHABLE, UNREACHABLE, AS4_PATH, ATTR_SET = 14, 15, 17, 128


def bgp_inside(d, case):
    """
    tshark adds AS4_PATH's numbers to AS_PATH's, what is in ATTR_SET to the attributes around it, and goes
    on behind an attribute that does not fit; it reads a second MP_REACH_NLRI, which RFC 7606 §3 forbids.
    """
    if not d.key.startswith('BGP.') or d.layer is None:
        return False
    kinds = [attribute['type'] for attribute in d.layer.get('attributes', ())]
    if d.key == 'BGP.as_path[].as':
        return (case.cut or {AS4_PATH, ATTR_SET} & set(kinds)) and list(d.theirs)[:len(d.ours)] == list(d.ours)
    if d.key.startswith(('BGP.routes[].', 'BGP.withdrawn[].')):
        return kinds.count(REACHABLE) > 1 or kinds.count(UNREACHABLE) > 1
    return d.key.startswith('BGP.attributes[].') and (ATTR_SET in kinds or case.broken)


def telnet_end(d, case):
    """A suboption ends at IAC SE (RFC 855); tshark ends it at any IAC."""
    if not d.key.startswith('Telnet.items[].'):
        return False
    same = 0
    while same < min(len(d.ours), len(d.theirs)) and d.ours[same] == d.theirs[same]:
        same += 1
    commands = [item['command'] for item in d.layer['items'] if 'command' in item]
    return SUBOPTION in commands[:same + 1]


def plain_text(text):
    """Characters without a shape of their own: <01> or \\x5"""
    text = re.sub(r'<([0-9a-f]{2})>', lambda m: chr(int(m[1], 16)), str(text))
    return re.sub(r'\\x([0-9a-f]{1,2})', lambda m: chr(int(m[1], 16)), text)


def shapes(d, case):
    return not only_tshark(d) and isinstance(d.ours, (list, tuple)) and \
        isinstance(d.theirs, (list, tuple)) and len(d.ours) > 0 and \
        [plain_text(one) for one in d.ours] == [plain_text(one) for one in d.theirs]


def election(d, case):
    """tshark's name of a browser is also in an election."""
    return d.key == 'SMB.browser_name' and not d.ours


def coalesced(d, case):
    """A datagram's second QUIC packet is Payload behind the first one, so is a second message of NetBIOS."""
    return only_tshark(d) and case.behind(d.proto) and \
        (d.proto.name == 'quic' or (d.proto.name == 'nbss' and case.cut))


RULES = (('S1', quoted), ('S2', foreign), ('S3', inside), ('D1', fragment), ('S4', both_fail),
         ('S5', tshark_stops), ('S6', element), ('D9', jumbo), ('S7', isl), ('S8', erspan_ip),
         ('S9', wccp), ('S10', ppp_address), ('S11', gpe_ethernet), ('S12', atm_arp), ('S13', other_port),
         ('D16', version), ('S15', sum_of_part), ('S16', no_record), ('S17', refused),
         ('D14', geneve_version), ('S18', pseudowire), ('S19', hint), ('S20', lacking), ('S21', messages),
         ('S22', pflog_length), ('S23', later_frame), ('S24', one_list), ('S65', reply),
         ('S25', identification), ('S26', in_quic),
         ('S30', not_known), ('S31', list_delay))

RULES += (('S41', backbone), ('S42', check_value), ('S43', lower_port))
RULES += (('S50', bgp_inside), ('S51', telnet_end), ('S52', shapes), ('S53', election), ('S54', coalesced))
RULES += (('S32', cut_head),)
HINTS_D52 += ('dnp3', 'iec60870_104', 'tpkt', 'synphasor', 'opcua', 'bvlc', 'ams', 'doip')
RULES += (('S40', by_bytes),)
RULES += (('S27', dtls_pieces),)



def rule_of(difference, case):
    for name, test in RULES:
        if test(difference, case):
            return name
    return None
