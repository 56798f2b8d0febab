# SPDX-License-Identifier: BSD-3-Clause
"""Which protocol and which fields of tshark hold what Torc's layers and fields say.

A layer is (protocol, extent, {field of Torc: field of tshark}).

extent   what the size of tshark's protocol is equal to: 'header', 'all' (header and payload), or None:
         tshark's tree has no such size
field    a path in torc's JSON: 'ttl', 'options[].kind'; 'a|b[].x' are the elements of a, then those of b
tshark's a name; several joined by | (the first that is there), or
         by + (all that are there); or (name, conversion), or
         (name, conversion, choice), where choice leaves out the fields that are of something else

Only what lies in the bytes of the layer's header is looked at, so that the same name may occur once
in every header of a tunnel, and in each chunk of SCTP. Fields that are only in one of the two are
listed, not compared.
"""
import ipaddress


def number(field):
    """0x0800, 17, 1, True."""
    show = field.show
    if show in ('True', 'False'):
        return int(show == 'True')
    try:
        return int(show, 0)
    except ValueError:
        return show


def given(field):
    """Whether PDML has its bytes; "field length invalid!" when it says so of one of none."""
    return field.value and all(digit in '0123456789abcdefABCDEF' for digit in field.value)


def raw(field):
    """The number in the bytes themselves, whatever unit tshark shows it in."""
    return int(field.value, 16) if given(field) else number(field)


def text(field):
    return field.show


def unquoted(field):
    return field.show.strip('"')


def characters(field):
    """RESP's, of which tshark shows bulk strings as bytes, with the CR where the rest is cut."""
    if field.name != 'resp.bulk_string.value' or not given(field):
        return field.show
    return bytes.fromhex(field.value).decode('utf-8', 'replace').rstrip('\r')


def octets(field):
    return field.value.lower()


def address(field):
    return str(ipaddress.ip_address(field.show))


def name(field):
    """A domain name: tshark has no dot at its end."""
    return '.' if field.show in ('<Root>', '') else field.show.replace('\\.', '.') + '.'


def times(factor):
    return lambda field: raw(field) * factor


def times_4(field):
    """Words, in bytes."""
    return number(field) * 4


def raw_little(field):
    """The bytes themselves, the lowest first."""
    return int.from_bytes(bytes.fromhex(field.value), 'little')


def before_packet(fields, *_):
    """NFLOG: not the packet, which is an attribute too."""
    return [field for field in fields if number(field) != 9]


def eights(field):
    """Units of eight bytes, without the first."""
    return number(field) * 8 + 8


def mac(field):
    """The bytes as they are; tshark shows FDDI's with the bits of each turned round."""
    return ':'.join(field.value[i:i + 2] for i in range(0, 12, 2))


def oui(field):
    value = number(field)
    return '%02x:%02x:%02x' % (value >> 16, value >> 8 & 255, value & 255)


def signed_bytes(field):
    return int.from_bytes(bytes.fromhex(field.value), 'big', signed=True)


def of_report(fields, packet, _):
    """Not the source of a description or goodbye."""
    starts = {field.pos - 4 for field in packet.fields['rtcp.ssrc.fraction']}
    return [field for field in fields if field.pos in starts]


def netbios(field):
    """tshark shows the suffix, says what it tells, and zeros as <00>."""
    show = field.show.split(' (')[0]
    base, _, suffix = show.rpartition('<')
    while base.endswith('<00>'):
        base = base[:-4]
    return base.rstrip(' ') + '<' + suffix


def netbios_plain(field):
    """15 bytes as they are, and the suffix."""
    return bytes.fromhex(field.value)[:15].decode('latin-1').rstrip(' \0')


def utf16(field):
    return bytes.fromhex(field.value).decode('utf-16le', 'replace').rstrip('\0')


def written(fields, *_):
    """What is in the packet, not what tshark remembers of others."""
    return [field for field in fields if field.size > 0 and field.value]


def written_first(fields, *_):
    return written(fields)[:1]


def strings(fields, *_):
    """tshark shows what it remembers of a tree where its number is: no character begins like that."""
    return [field for field in written(fields) if int(field.value[:2], 16) >= 32]


def unicode(fields, *_):
    return [field for field in written(fields) if field.value[2:4] == '00']


def not_unicode(fields, *_):
    return [field for field in written(fields) if field.value[2:4] != '00']


def named(fields, *_):
    """tshark shows a name that is empty as NULL."""
    return [field for field in written(fields) if field.show != 'NULL']


def transformed(fields, packet, _):
    return fields if packet.fields['smb2.header.transform.msg_size'] else []


def not_transformed(fields, packet, _):
    return [] if packet.fields['smb2.header.transform.msg_size'] else fields


def not_everywhere(fields, *_):
    """Torc leaves an address of zeros out: the default route has a length only."""
    return [field for field in fields if field.show != '0.0.0.0']


def floating(field):
    """RFC 3376 §4.1.1: above 127, a mantissa and an exponent."""
    code = raw(field)
    return code if code < 128 else (code & 15 | 16) << ((code >> 4 & 7) + 3)


def floating16(field):
    """RFC 3810 §5.1.3"""
    code = raw(field)
    return code if code < 32768 else (code & 4095 | 4096) << ((code >> 12 & 7) + 3)


def tenths(field):
    return 100 * floating(field)


def seconds_256(field):
    """IEEE 802.1D-2004 §9.2.8: 1/256 seconds; in whole ms."""
    return raw(field) * 1000 // 256


def even(field):
    """An access point without its lowest bit (IEEE 802.2 §3.3.1.1)."""
    return raw(field) & 0xfe


def flags(field):
    """RFC 9293 §3.1: without the reserved bits."""
    return raw(field) & 0x1ff


def option(field):
    """The first byte is the type; 0 and 255 end or pad."""
    return int(field.value[:2], 16) if given(field) else number(field)


def behind_2(field):
    """The bytes behind type and length."""
    return octets(field)[4:] if given(field) else ''


def high_byte(field):
    return raw(field) >> 8


def signed32(field):
    value = number(field)
    return value - (1 << 32) if value >> 31 else value


def low_bits(field):
    """CIP's service without the bit that says response."""
    return raw(field) & 0x7f


def there(_):
    return 1


def signed(field):
    value = raw(field)
    return value - 256 if value > 127 else value


def interval(field):
    """Seconds in RFC 3768, hundredths of a second in RFC 5798 §5.2.7; in ms."""
    return raw(field) * (10 if field.name == 'vrrp.short_adver_int' else 1000)


def not_end(fields, packet, _):
    """MDP's list without what ends it."""
    ends = {field.pos for field in packet.fields['mdp.type'] if number(field) == 255}
    return [field for field in fields if field.pos not in ends and field.pos - 1 not in ends]


def of_function(fields, packet, _):
    """S7's variables that are read or written at once, not those of cyclic data."""
    return fields if packet.fields['s7comm.param.func'] else []


def of_message(fields, packet, start):
    """OPC UA's numbers of MSG and CLO; in OPN they stand behind three strings."""
    kinds = [field.show for field in packet.fields['opcua.transport.type'] if field.pos == start]
    return fields[:1] if kinds and kinds[0] in ('MSG', 'CLO') else []


def lower(field):
    return raw(field) & 15


def first(fields, *_):
    """What follows is of the trees behind the header, of which each has its own."""
    return fields[:1]


def extension_types(fields, *_):
    """GTP's stand in front of each, and behind the last as 0."""
    return fields[:-1]


def whole_extensions(fields, packet, _):
    """Without the one that is cut, whose type of the next is not there."""
    return fields[:len(packet.fields['gtp.ext_hdr.next']) - 1]


def direction(field):
    return {0: 'downlink', 1: 'uplink'}.get(number(field), '')


def bits_18(field):
    return raw(field) & 0x3ffff


def chosen(fields, packet, *_):
    """The cipher suite a server chose, not those that a client offers."""
    offers = [(length.pos + 2, length.pos + 2 + number(length))
              for length in packet.fields['tls.handshake.cipher_suites_length']]
    return [field for field in fields
            if not any(begin <= field.pos < end for begin, end in offers)]


def to_the_end(fields, *_):
    """Option 0 ends a list; what is behind is padding (RFC 791 §3.1, RFC 9293 §3.1)."""
    kinds = [raw(field) & 0xff for field in fields]
    return fields[:kinds.index(0) + 1] if 0 in kinds else fields


def no_end(fields, *_):
    return [field for field in fields if option(field) not in (0, 255)]


def not_nested(fields, *_):
    """ISAKMP: neither proposals nor transforms, which are in an SA."""
    return [field for field in fields if number(field) not in (2, 3)]


def not_frame(fields, *_):
    """LLDP: neither the end nor the three that every message begins with."""
    return [field for field in fields if number(field) > 3]


def direct(fields, packet, _):
    """A relay's message has no id; the one that it relays has."""
    return [field for field in fields if field.pos == packet.fields['dhcpv6.msgtype'][0].pos + 1]


def second(fields, _, start):
    """The field in the second byte; those of NTP's lists are further back."""
    return [field for field in fields if field.pos == start + 1]


def third(fields, _, start):
    return [field for field in fields if field.pos == start + 2]


def of_query(fields, packet, start):
    """Sources of an IGMP query, not of the records of a report."""
    return [] if packet.fields['igmp.num_grp_recs'] else fields


def client(fields, _, start):
    return [field for field in fields if field.pos == start + 28]


def of_prefix(fields, packet, _):
    """Of prefix information, not of a route (RFC 4861 §4.6.2, RFC 4191 §2.3)."""
    flags_at = {field.pos for field in packet.fields['icmpv6.opt.prefix.flag']}
    return [field for field in fields if field.pos + 1 in flags_at or field.pos - 13 in flags_at]


def of_the_header(fields, _, start):
    """The group of an IGMP message, not of a record in it."""
    return [field for field in fields if field.pos == start + 4]


def of_a_record(fields, _, start):
    return [field for field in fields if field.pos > start + 4]


def outermost(fields, packet, _):
    """DHCPv6 options may hold options and whole messages (RFC 8415 §21)."""
    kept, end = [], 0
    for field, length in zip(fields, packet.fields['dhcpv6.option.length']):
        if field.pos >= end:
            kept.append(field)
            end = length.pos + 2 + number(length)
    return kept


def of_hello(fields, packet, start):
    """Those of the message itself, not of an advertisement in it."""
    kind = packet.fields['ospf.msg']
    return fields[:1] if kind and number(kind[0]) in (1, 2) else []


def type_of_advertisement(fields, packet, _):
    starts = {field.pos for field in packet.fields['ospf.lsa.age']}
    return [field for field in fields if field.pos - 3 in starts or field.pos - 2 in starts]


def of_advertisement(fields, packet, _):
    """RFC 2328 §A.4.1: 8 bytes behind the age."""
    starts = {field.pos + 8 for field in packet.fields['ospf.lsa.age']}
    return [field for field in fields if field.pos in starts]


SCTP_TYPED = {'flags': 'sctp.chunk_flags', 'length': 'sctp.chunk_length'}
SCTP_CHUNK = dict(SCTP_TYPED, chunk_type='sctp.chunk_type')
SCTP_PARAMETERS = {'parameters[].type': 'sctp.parameter_type'}


def sctp_init(prefix):
    return dict(SCTP_TYPED, **SCTP_PARAMETERS, **{
        'initiate_tag': prefix + 'initiate_tag', 'advertised_window': prefix + 'credit',
        'outbound_streams': prefix + 'nr_out_streams', 'inbound_streams': prefix + 'nr_in_streams',
        'initial_tsn': prefix + 'initial_tsn'})


NDP_OPTIONS = {
    'options[].type': 'icmpv6.opt.type', 'options[].link_address': 'icmpv6.opt.linkaddr',
    'options[].mtu': 'icmpv6.opt.mtu',
    'options[].prefix': ('icmpv6.opt.prefix', address, of_prefix),
    'options[].prefix_length': ('icmpv6.opt.prefix.length', number, of_prefix)}

VLAN = {'vlan_id': 'vlan.id', 'priority': 'vlan.priority', 'drop_eligible': 'vlan.dei',
        'ether_type': 'vlan.etype', 'length': 'vlan.len'}
SERVICE_VLAN = {key: value.replace('vlan', 'ieee8021ad').replace('etype', 'etype')
                for key, value in VLAN.items()}

EXTENSION = {'next_header': '%s.nxt', 'length': '%s.len_oct', 'options[].type': 'ipv6.opt.type'}


def extension(prefix):
    return {key: value.replace('%s', prefix) for key, value in EXTENSION.items()}


PORTS = {'src_port': 'udp.srcport', 'dst_port': 'udp.dstport', 'checksum': 'udp.checksum'}
RECORDS = 'answers|authorities|additionals[].'

def whole_commands(fields, *_):
    """SMTP's commands have four letters for tshark: of STARTTLS the last three are its parameter."""
    return [field._replace(show=field.show + 'TTLS') if field.show.upper() == 'STAR' else field
            for field in fields]


def no_tls(fields, *_):
    return [field for field in fields if field.show.upper() != 'TLS']


def words(fields, *_):
    return [field for field in fields if not field.show.isdigit()]


def not_done(fields, *_):
    """The end of IDLE is a command without a tag."""
    return [field for field in fields[:1] if field.show.upper() != 'DONE']


def commands(fields, *_):
    """Telnet's, without the end of a subnegotiation."""
    return [field for field in fields if number(field) != 240]


def options(fields, packet, _):
    """Those of Telnet that stand behind a command, not inside a subnegotiation."""
    places = {field.pos for field in packet.fields['telnet.cmd']}
    return [field for field in fields if field.pos - 1 in places]


def versions(fields, *_):
    """An answer of SOCKS 4 has 0 there."""
    return [field for field in fields[:1] if number(field) != 0]


# of GTP-U, and of GTP-C version 1
GTP_EXTENSIONS = {
    'extensions[].type': ('gtp.ext_hdr.next', number, extension_types),
    'extensions[].length': ('gtp.ext_hdr.length', times_4, whole_extensions),
    'extensions[].direction': ('gtp.ext_hdr.pdu_ses_con.pdu_type', direction),
    'extensions[].qfi': 'gtp.ext_hdr.pdu_ses_con.qos_flow_id',
    'extensions[].udp_port': 'gtp.ext_hdr.udp_port',
    'extensions[].pdcp_number': ('gtp.ext_hdr.pdcp_sn+gtp.ext_hdr.long_pdcp_sn', bits_18)}

LAYERS = {
    'ARP': ('arp', 'all', {
        'operation': 'arp.opcode', 'hardware_type': 'arp.hw.type',
        'protocol_type': 'arp.proto.type',
        'hardware_length': 'arp.hw.size', 'protocol_length': 'arp.proto.size',
        'sender_mac': 'arp.src.hw_mac', 'sender_ip': 'arp.src.proto_ipv4',
        'target_mac': 'arp.dst.hw_mac', 'target_ip': 'arp.dst.proto_ipv4'}),
    'BFD': ('bfd', 'all', {
        'version': 'bfd.version', 'diagnostic': 'bfd.diag', 'state': 'bfd.sta',
        'poll': 'bfd.flags.p',
        'final': 'bfd.flags.f', 'control_plane_independent': 'bfd.flags.c',
        'authentication_present': 'bfd.flags.a', 'demand': 'bfd.flags.d',
        'multipoint': 'bfd.flags.m',
        'detect_multiplier': 'bfd.detect_time_multiplier', 'length': 'bfd.message_length',
        'my_discriminator': 'bfd.my_discriminator', 'your_discriminator': 'bfd.your_discriminator',
        'desired_min_tx': 'bfd.desired_min_tx_interval',
        'required_min_rx': 'bfd.required_min_rx_interval',
        'required_min_echo_rx': 'bfd.required_min_echo_interval',
        'authentication_type': 'bfd.auth.type', 'authentication_key_id': 'bfd.auth.key'}),
    'CiscoDiscovery': ('cdp', None, {
        'version': 'cdp.version', 'ttl': 'cdp.ttl', 'checksum': 'cdp.checksum'}),
    'CiscoDiscoveryInfo': (None, None, {'tlvs[].type': 'cdp.tlv.type'}),
    'ASF': ('asf', 'header', {
        'enterprise': 'asf.iana', 'message_type': 'asf.type', 'tag': 'asf.tag', 'length': 'asf.len'}),
    'Diameter': ('diameter', 'all', {
        'version': 'diameter.version', 'length': 'diameter.length',
        'request': 'diameter.flags.request', 'proxiable': 'diameter.flags.proxyable',
        'error': 'diameter.flags.error', 'retransmitted': 'diameter.flags.T',
        'command': 'diameter.cmd.code', 'application_id': 'diameter.applicationId',
        'hop_by_hop_id': 'diameter.hopbyhopid', 'end_to_end_id': 'diameter.endtoendid',
        'avps[].code': 'diameter.avp.code', 'avps[].length': 'diameter.avp.len'}),
    'GTPv2': ('gtpv2', 'header', {
        'version': 'gtpv2.version', 'piggybacking': 'gtpv2.p', 'has_teid': 'gtpv2.t',
        'message_type': 'gtpv2.message_type', 'length': 'gtpv2.msg_length', 'teid': 'gtpv2.teid',
        'seq': 'gtpv2.seq', 'elements[].type': 'gtpv2.ie_type',
        'elements[].instance': 'gtpv2.instance'}),
    'Modbus': ('modbus', 'all', {
        'function': 'modbus.func_code', 'exception_code': 'modbus.exception_code'}),
    'ModbusTCP': ('mbtcp', None, {
        'transaction_id': 'mbtcp.trans_id', 'protocol_id': 'mbtcp.prot_id', 'length': 'mbtcp.len',
        'unit_id': 'mbtcp.unit_id'}),
    'ENIP': ('enip', None, {
        'command': 'enip.command', 'length': 'enip.length', 'session': 'enip.session',
        'status': 'enip.status', 'sender_context': ('enip.context', octets), 'options': ('enip.options', raw),
        'protocol_version': ('enip.rs.version', number), 'session_options': 'enip.rs.flags',
        'interface_handle': ('enip.srrd.iface|enip.sud.iface', number), 'timeout': 'enip.timeout',
        'item_count': 'enip.cpf.itemcount', 'items[].type': 'enip.cpf.typeid',
        'items[].length': 'enip.cpf.length', 'sequence_count': 'cip.seq'}),
    'CIP': ('cip', 'all', {
        'response': ('cip.rr', number, first), 'service': ('cip.sc', low_bits, first),
        'status': ('cip.genstat', number, first), 'class': ('cip.class', number, first),
        'instance': ('cip.instance', number, first), 'attribute': ('cip.attribute', number, first),
        'symbol': ('cip.symbol', text, first), 'path_words': ('cip.request_path_size', number, first)}),
    'DNP3': ('dnp3', None, {
        'length': 'dnp3.len', 'control': 'dnp3.ctl', 'from_master': 'dnp3.ctl.dir',
        'primary': 'dnp3.ctl.prm', 'link_function': 'dnp3.ctl.prifunc|dnp3.ctl.secfunc',
        'dst': 'dnp3.dst', 'src': 'dnp3.src', 'checksum': 'dnp3.hdr.CRC', 'first': 'dnp3.tr.fir',
        'final': 'dnp3.tr.fin', 'transport_seq': 'dnp3.tr.seq'}),
    'IEC104': ('iec60870_104', None, {
        'length': 'iec60870_104.apdulen', 'format': 'iec60870_104.type',
        'send_seq': 'iec60870_104.tx', 'receive_seq': 'iec60870_104.rx',
        'function': 'iec60870_104.utype', 'type_id': 'iec60870_asdu.typeid',
        'sequence': 'iec60870_asdu.sq', 'object_count': 'iec60870_asdu.numix',
        'cause': 'iec60870_asdu.causetx', 'negative': 'iec60870_asdu.nega',
        'test': 'iec60870_asdu.test', 'originator': 'iec60870_asdu.oa',
        'common_address': 'iec60870_asdu.addr', 'object_address': ('iec60870_asdu.ioa', number, first)}),
    'TPKT': ('tpkt', None, {
        'version': 'tpkt.version', 'reserved': 'tpkt.reserved', 'length': 'tpkt.length'}),
    'COTP': ('cotp', 'header', {
        'length': 'cotp.li', 'tpdu': 'cotp.type', 'dst_reference': 'cotp.destref',
        'src_reference': 'cotp.srcref', 'class': 'cotp.class', 'number': 'cotp.tpdu-number',
        'last': 'cotp.eot', 'parameters[].type': 'cotp.parameter_code',
        'parameters[].length': 'cotp.parameter_length'}),
    'S7Comm': ('s7comm', 'all', {
        'protocol_id': 's7comm.header.protid', 'message_type': 's7comm.header.rosctr',
        'redundancy_id': 's7comm.header.redid', 'reference': 's7comm.header.pduref',
        'parameter_length': 's7comm.header.parlg', 'data_length': 's7comm.header.datlg',
        'error_class': 's7comm.header.errcls', 'error_code': 's7comm.header.errcod',
        'function': 's7comm.param.func', 'item_count': ('s7comm.param.itemcount', number, of_function),
        'group': 's7comm.param.userdata.funcgroup', 'direction': 's7comm.param.userdata.type',
        'subfunction': 's7comm.param.userdata.subfunc'}),
    'Synchrophasor': ('synphasor', None, {
        'frame_type': 'synphasor.frtype', 'version': ('synphasor.version', lower),
        'size': 'synphasor.frsize', 'id_code': 'synphasor.idcode_stream_source|synphasor.idcode_data_source',
        'second': ('synphasor.soc', raw), 'fraction': 'synphasor.fracsec_raw',
        'command': 'synphasor.command', 'unit_count': 'synphasor.conf.numpmu',
        'checksum': 'synphasor.checksum'}),
    'OPCUA': ('opcua', None, {
        'message_type': ('opcua.transport.type', text), 'chunk': ('opcua.transport.chunk', raw),
        'size': 'opcua.transport.size', 'version': 'opcua.transport.ver',
        'receive_buffer': 'opcua.transport.rbs', 'send_buffer': 'opcua.transport.sbs',
        'message_size_max': 'opcua.transport.mms', 'chunk_count_max': 'opcua.transport.mcc',
        'endpoint': ('opcua.transport.endpoint', text), 'error_code': 'opcua.transport.error',
        'channel': 'opcua.transport.scid', 'security_policy': ('opcua.security.spu', text),
        'token': 'opcua.security.tokenid', 'seq': ('opcua.security.seq', number, of_message),
        'request_id': ('opcua.security.rqid', number, of_message),
        'service': ('opcua.servicenodeid.numeric', number, of_message)}),
    'BVLC': ('bvlc', None, {
        'bvlc_type': 'bvlc.type', 'function': 'bvlc.function', 'length': ('bvlc.length', raw),
        'result': 'bvlc.result', 'time_to_live': 'bvlc.reg_ttl', 'address': 'bvlc.fwd_ip',
        'port': 'bvlc.fwd_port'}),
    'BACnet': ('bacnet', None, {
        'version': 'bacnet.version', 'control': 'bacnet.control', 'dst_network': ('bacnet.dnet', number, third),
        'src_network': 'bacnet.snet', 'hop_count': 'bacnet.hopc', 'message_type': 'bacnet.mesgtyp'}),
    'BACapp': ('bacapp', 'all', {
        'pdu_type': 'bacapp.type', 'invoke_id': ('bacapp.invoke_id', number, first),
        'segmented': 'bacapp.segmented_request', 'seq': 'bacapp.sequence_number',
        'window': 'bacapp.window_size', 'service': 'bacapp.confirmed_service|bacapp.unconfirmed_service',
        'reason': 'bacapp.reject_reason|bacapp.abort_reason'}),
    'GOOSE': ('goose', None, {
        'appid': 'goose.appid', 'length': 'goose.length', 'reserved1': 'goose.reserve1',
        'reserved2': 'goose.reserve2', 'control_block': ('goose.gocbRef', text),
        'time_allowed': 'goose.timeAllowedtoLive', 'data_set': ('goose.datSet', text),
        'id': ('goose.goID', text), 'state_number': 'goose.stNum',
        'sequence_number': 'goose.sqNum', 'simulation': 'goose.simulation',
        'configuration': 'goose.confRev', 'needs_commissioning': 'goose.ndsCom',
        'entry_count': 'goose.numDatSetEntries'}),
    'ProfinetRT': ('pn_rt', None, {
        'frame_id': 'pn_rt.frame_id', 'cycle_counter': 'pn_rt.cycle_counter',
        'data_status': 'pn_rt.ds', 'transfer_status': 'pn_rt.transfer_status'}),
    'ProfinetDCP': ('pn_dcp', None, {
        'service': 'pn_dcp.service_id', 'service_type': 'pn_dcp.service_type',
        'transaction': 'pn_dcp.xid', 'response_delay': 'pn_dcp.response_delay|pn_dcp.reserved16',
        'data_length': 'pn_dcp.data_length'}),
    'AMS': ('ams', None, {
        'target': ('ams.targetnetid', octets), 'target_port': 'ams.targetport',
        'source': ('ams.sendernetid', octets), 'source_port': 'ams.senderport',
        'command': 'ams.cmdid', 'state_flags': 'ams.stateflags', 'length': 'ams.cbdata',
        'error_code': 'ams.errorcode', 'invoke_id': 'ams.invokeid',
        'index_group': 'ams.ads_indexgroup', 'index_offset': 'ams.ads_indexoffset'}),
    'DoIP': ('doip', None, {
        'version': 'doip.version', 'inverse_version': 'doip.inverse', 'payload_type': 'doip.type',
        'length': 'doip.length', 'vin': ('doip.vin', text), 'eid': ('doip.eid', octets),
        'gid': ('doip.gid', octets), 'further_action': 'doip.futher_action',
        'source': 'doip.source_address',
        'target': 'doip.target_address|doip.tester_logical_address',
        'code': 'doip.activation_type|doip.response_code|doip.diag_ack_code|doip.diag_nack_code|doip.nack_code'}),
    'NortelDiscovery': ('ndp', None, {
        'address': 'ndp.ipaddress', 'segment': ('ndp.segmentident', raw), 'chassis': 'ndp.chassis',
        'backplane': 'ndp.backplane', 'state': 'ndp.state', 'link_count': 'ndp.numberoflinks'}),
    'MDP': ('mdp', None, {
        'preamble': ('mdp.preamble_data', octets), 'device': ('mdp.device_info', text),
        'network': ('mdp.network_info', text), 'tlvs[].type': ('mdp.type', number, not_end), 'tlvs[].length': ('mdp.length', number, not_end),
        'latitude': ('mdp.longitude', text), 'longitude': ('mdp.latitude', text)}),
    'ApplePktap': ('pktap', 'header', {
        'length': 'pktap.hdrlen', 'record_type': 'pktap.rectype', 'link_type': 'pktap.dlt',
        'interface': ('pktap.ifname', text), 'flags': 'pktap.flags', 'protocol_family': 'pktap.pfamily',
        'link_header_length': 'pktap.llhdrlen', 'link_trailer_length': 'pktap.lltrlrlen',
        'pid': ('pktap.pid', signed32), 'command': ('pktap.cmdname', text),
        'service_class': 'pktap.svc_class', 'interface_type': 'pktap.iftype',
        'interface_unit': 'pktap.ifunit', 'effective_pid': ('pktap.epid', signed32),
        'effective_command': ('pktap.ecmdname', text)}),
    'RadioTap': ('radiotap', 'header', {
        'version': 'radiotap.version', 'length': 'radiotap.length', 'tsft': 'radiotap.mactime',
        'channel_frequency': 'radiotap.channel.freq', 'dbm_signal': ('radiotap.dbm_antsignal', signed, first),
        'dbm_noise': ('radiotap.dbm_antnoise', signed, first), 'mcs_index': 'radiotap.mcs.index',
        'ampdu_reference': 'radiotap.ampdu.reference'}),
    'Dot11': ('wlan', None, {
        'duration': 'wlan.duration', 'sequence': ('wlan.seq', number, first),
        'fragment': 'wlan.frag', 'address1': 'wlan.ra', 'tid': ('wlan.qos.tid', number, first)}),
    'Dot11MgmtBeacon': (None, None, {'capabilities': 'wlan.fixed.capabilities'}),
    'Dot11MgmtDeauthentication': (None, None, {'reason': 'wlan.fixed.reason_code'}),
    'Dot11InformationElement': (None, None, {
        'elements[].id': 'wlan.tag.number', 'elements[].length': 'wlan.tag.length'}),
    'RMCP': ('rmcp', 'header', {
        'version': 'rmcp.version', 'seq': 'rmcp.sequence', 'class': 'rmcp.class'}),
    'EthernetCTP': ('loop', None, {'skip_count': 'loop.skipcount'}),
    'PFLog': ('pflog', 'header', {
        'length': 'pflog.length', 'family': 'pflog.af', 'action': 'pflog.action',
        'reason': 'pflog.reason', 'rule': 'pflog.rulenr', 'direction': 'pflog.dir'}),
    'USB': ('usb', None, {
        'id': 'usb.urb_id', 'transfer_type': 'usb.transfer_type', 'device': 'usb.device_address',
        'endpoint': 'usb.endpoint_address.number', 'bus': 'usb.bus_id',
        'urb_length': 'usb.urb_len', 'data_length': 'usb.data_len'}),
    'DHCPv4': ('dhcp', 'all', {
        'operation': 'dhcp.type', 'hardware_type': ('dhcp.hw.type', number, second),
        'client': ('dhcp.hw.mac_addr', text, client),
        'options[].data': ('dhcp.option.type', behind_2, no_end),
        'message_type': 'dhcp.option.dhcp', 'hops': 'dhcp.hops',
        'hardware_length': 'dhcp.hw.len', 'xid': 'dhcp.id', 'seconds': ('dhcp.secs', raw),
        'flags': 'dhcp.flags', 'client_ip': 'dhcp.ip.client', 'your_ip': 'dhcp.ip.your',
        'server_ip': 'dhcp.ip.server', 'relay_ip': 'dhcp.ip.relay',
        'options[].type': ('dhcp.option.type', option, no_end)}),
    'DHCPv6': ('dhcpv6', 'all', {
        'message_type': ('dhcpv6.msgtype', number, first), 'xid': ('dhcpv6.xid', number, direct),
        'hop_count': 'dhcpv6.hopcount',
        'link_address': ('dhcpv6.linkaddr', address), 'peer_address': ('dhcpv6.peeraddr', address),
        'options[].code': ('dhcpv6.option.type', number, outermost)}),
    'DNS': (('dns', 'mdns', 'llmnr'), 'all', {
        'id': 'dns.id', 'response': 'dns.flags.response', 'opcode': 'dns.flags.opcode',
        'authoritative': 'dns.flags.authoritative', 'truncated': 'dns.flags.truncated',
        'recursion_desired': 'dns.flags.recdesired', 'recursion_available': 'dns.flags.recavail',
        'authentic_data': 'dns.flags.authenticated', 'checking_disabled': 'dns.flags.checkdisable',
        'rcode': 'dns.flags.rcode', 'question_count': 'dns.count.queries',
        'answer_count': 'dns.count.answers', 'authority_count': 'dns.count.auth_rr',
        'additional_count': 'dns.count.add_rr',
        'questions[].name': ('dns.qry.name', name), 'questions[].type': 'dns.qry.type',
        'questions[].class': 'dns.qry.class',
        RECORDS + 'name': ('dns.resp.name', name), RECORDS + 'type': 'dns.resp.type',
        RECORDS + 'class': 'dns.resp.class',
        RECORDS + 'target': ('dns.cname+dns.ns+dns.ptr.domain_name+dns.mx.mail_exchange+dns.srv.target+'
                             'dns.soa.mname', name),
        RECORDS + 'ttl': 'dns.resp.ttl', RECORDS + 'ipv4': 'dns.a',
        RECORDS + 'ipv6': ('dns.aaaa', address), RECORDS + 'serial': 'dns.soa.serial_number',
        RECORDS + 'refresh': 'dns.soa.refresh_interval', RECORDS + 'retry': 'dns.soa.retry_interval',
        RECORDS + 'expire': 'dns.soa.expire_limit', RECORDS + 'minimum': 'dns.soa.minimum_ttl',
        RECORDS + 'mailbox': ('dns.soa.rname', name),
        RECORDS + 'type_covered': 'dns.rrsig.type_covered',
        RECORDS + 'algorithm': 'dns.rrsig.algorithm', RECORDS + 'key_tag': 'dns.rrsig.key_tag',
        RECORDS + 'preference': 'dns.mx.preference', RECORDS + 'port': 'dns.srv.port',
        RECORDS + 'weight': 'dns.srv.weight'}),
    'Dot1Q': (('vlan', 'ieee8021ad'), 'header', VLAN),
    'EAP': ('eap', 'all', {
        'code': 'eap.code', 'id': 'eap.id', 'length': 'eap.len', 'eap_type': 'eap.type'}),
    'EAPOL': ('eapol', None, {
        'version': 'eapol.version', 'eapol_type': 'eapol.type', 'length': 'eapol.len'}),
    'EAPOLKey': (None, None, {
        'descriptor_type': 'eapol.keydes.type',
        'key_information': 'wlan_rsna_eapol.keydes.key_info', 'key_length': 'eapol.keydes.key_len',
        'replay_counter': 'eapol.keydes.replay_counter',
        'nonce': ('wlan_rsna_eapol.keydes.nonce', octets), 'iv': ('eapol.keydes.key_iv', octets),
        'mic': ('wlan_rsna_eapol.keydes.mic', octets)}),
    'ERSPAN Type II': ('erspan', None, {
        'version': 'erspan.version', 'vlan_id': 'erspan.vlan', 'cos': 'erspan.cos',
        'encapsulation': 'erspan.encap', 'truncated': 'erspan.truncated',
        'session_id': 'erspan.spanid', 'index': 'erspan.index'}),
    'EtherIP': ('etherip', 'header', {'version': 'etherip.ver'}),
    'Ethernet': ('eth', 'header', {
        'src': 'eth.src', 'dst': 'eth.dst', 'ether_type': 'eth.type', 'length': 'eth.len'}),
    'FDDI': ('fddi', 'header', {
        'frame_control': 'fddi.fc', 'src': ('fddi.src', mac, first),
        'dst': ('fddi.dst', mac, first)}),
    'Geneve': ('geneve', 'header', {
        'version': 'geneve.version', 'options_length': ('geneve.option.length', number, first),
        'control': 'geneve.flags.oam', 'critical': 'geneve.flags.critical',
        'protocol': 'geneve.proto_type', 'vni': 'geneve.vni',
        'options[].class': 'geneve.option.class', 'options[].type': 'geneve.option.type'}),
    'GRE': ('gre', 'header', {
        'version': 'gre.flags.version', 'protocol': 'gre.proto',
        'has_checksum': 'gre.flags.checksum',
        'has_routing': 'gre.flags.routing', 'has_key': 'gre.flags.key',
        'has_sequence': 'gre.flags.sequence_number', 'has_ack': 'gre.flags.ack',
        'strict_source_route': 'gre.flags.strict_source_route',
        'recursion_control': 'gre.flags.recursion_control', 'checksum': 'gre.checksum',
        'gre_offset': 'gre.offset', 'key': 'gre.key', 'seq': 'gre.sequence_number',
        'ack': 'gre.ack_number'}),
    'GTPv1U': ('gtp', 'header', {
        'version': 'gtp.flags.version', 'protocol_type': 'gtp.flags.payload',
        'has_extension': 'gtp.flags.e', 'has_seq': 'gtp.flags.s', 'has_npdu': 'gtp.flags.pn',
        'message_type': 'gtp.message', 'length': 'gtp.length', 'teid': 'gtp.teid',
        'seq': 'gtp.seq_number', 'npdu_number': 'gtp.npdu_number',
        'next_extension': ('gtp.ext_hdr.next', number, first),
        **GTP_EXTENSIONS}),
    'ICMPv4': ('icmp', 'all', {
        'icmp_type': 'icmp.type', 'code': 'icmp.code', 'checksum': 'icmp.checksum',
        'id': 'icmp.ident', 'seq': 'icmp.seq'}),
    'ICMPv6': ('icmpv6', 'all', {
        'icmp_type': 'icmpv6.type', 'code': 'icmpv6.code', 'checksum': 'icmpv6.checksum'}),
    'ICMPv6Echo': (None, None, {
        'id': 'icmpv6.echo.identifier', 'seq': 'icmpv6.echo.sequence_number'}),
    'ICMPv6NeighborAdvertisement': (None, None, dict(NDP_OPTIONS, **{
        'router': 'icmpv6.nd.na.flag.r', 'solicited': 'icmpv6.nd.na.flag.s',
        'override': 'icmpv6.nd.na.flag.o', 'target': ('icmpv6.nd.na.target_address', address)})),
    'ICMPv6NeighborSolicitation': (None, None, dict(NDP_OPTIONS, **{
        'target': ('icmpv6.nd.ns.target_address', address)})),
    'ICMPv6Redirect': (None, None, dict(NDP_OPTIONS, **{
        'target': ('icmpv6.nd.rd.target_address', address),
        'dst': ('icmpv6.rd.na.destination_address', address)})),
    'ICMPv6RouterAdvertisement': (None, None, dict(NDP_OPTIONS, **{
        'hop_limit': 'icmpv6.nd.ra.cur_hop_limit', 'managed': 'icmpv6.nd.ra.flag.m',
        'other': 'icmpv6.nd.ra.flag.o', 'router_lifetime': 'icmpv6.nd.ra.router_lifetime',
        'reachable_time': 'icmpv6.nd.ra.reachable_time',
        'retransmission_time': 'icmpv6.nd.ra.retrans_timer'})),
    'ICMPv6RouterSolicitation': (None, None, NDP_OPTIONS),
    'IGMP': (('igmp', 'pim', 'dvmrp'), 'all', {
        'version': 'igmp.version', 'igmp_type': 'igmp.type',
        'max_response_time': ('igmp.max_resp', tenths), 'checksum': 'igmp.checksum',
        'group': ('igmp.maddr', text, of_the_header), 'suppress': 'igmp.s',
        'robustness': 'igmp.qrv',
        'query_interval': ('igmp.qqic', floating), 'record_count': 'igmp.num_grp_recs',
        'source_count': ('igmp.num_src', number, of_query),
        'sources': ('igmp.saddr', octets, of_query),
        'records[].type': 'igmp.record_type',
        'records[].group': ('igmp.maddr', text, of_a_record)}),
    'IPSecAH': ('ah', 'header', {
        'next_header': 'ah.next_header', 'length': ('ah.length', lambda f: (raw(f) + 2) * 4),
        'spi': 'ah.spi', 'seq': 'ah.sequence', 'icv': ('ah.icv', octets)}),
    'IPSecESP': ('esp', 'all', {'spi': 'esp.spi', 'seq': 'esp.sequence'}),
    'IPv4': ('ip', 'header', {
        'src': 'ip.src', 'dst': 'ip.dst', 'tos': 'ip.dsfield', 'total_length': ('ip.len', raw),
        'id': 'ip.id', 'dont_fragment': 'ip.flags.df', 'more_fragments': 'ip.flags.mf',
        'fragment_offset': ('ip.frag_offset', times(8)), 'ttl': 'ip.ttl', 'protocol': 'ip.proto',
        'checksum': 'ip.checksum', 'options[].type': ('ip.opt.type', raw, to_the_end),
        'reserved': 'ip.flags.rb'}),
    'IPv6': ('ipv6', None, {
        'src': ('ipv6.src', address), 'dst': ('ipv6.dst', address), 'traffic_class': 'ipv6.tclass',
        'flow_label': 'ipv6.flow', 'length': ('ipv6.plen', raw), 'next_header': 'ipv6.nxt',
        'hop_limit': 'ipv6.hlim'}),
    'IPv6Destination': ('ipv6.dstopts', 'header', extension('ipv6.dstopts')),
    'IPv6Fragment': ('ipv6.fraghdr', 'header', {
        'next_header': 'ipv6.fraghdr.nxt', 'fragment_offset': ('ipv6.fraghdr.offset', times(8)),
        'more_fragments': 'ipv6.fraghdr.more', 'id': 'ipv6.fraghdr.ident'}),
    'IPv6HopByHop': ('ipv6.hopopts', 'header', extension('ipv6.hopopts')),
    'IPv6Routing': ('ipv6.routing', 'header', {
        'next_header': 'ipv6.routing.nxt', 'length': 'ipv6.routing.len_oct',
        'routing_type': 'ipv6.routing.type', 'segments_left': 'ipv6.routing.segleft',
        'addresses[].address': ('ipv6.routing.src.addr|ipv6.routing.srh.addr|ipv6.routing.mipv6.home_address',
                                address)}),
    'LLC': ('llc', None, {
        'dsap': ('llc.dsap', even), 'ssap': ('llc.ssap', even), 'group': 'llc.dsap.ig',
        'response': 'llc.ssap.cr',
        'control': ('llc.control', raw)}),
    'LinkLayerDiscovery': ('lldp', 'all', {
        'chassis_subtype': 'lldp.chassis.subtype', 'port_subtype': 'lldp.port.subtype',
        'chassis': 'lldp.chassis.id.mac', 'port': 'lldp.port.id.mac', 'ttl': 'lldp.time_to_live'}),
    'LinkLayerDiscoveryInfo': (None, None, {
        'tlvs[].type': ('lldp.tlv.type', number, not_frame), 'tlvs[].oui': 'lldp.orgtlv.oui',
        'tlvs[].subtype': 'lldp.ieee.802_1.subtype+lldp.ieee.802_3.subtype+lldp.iana.subtype+'
                          'lldp.unknown_subtype+lldp.media.subtype+lldp.cisco.subtype'}),
    'Linux SLL': ('sll', 'header', {
        'packet_type': 'sll.pkttype', 'hardware_type': 'sll.hatype', 'address_length': 'sll.halen',
        'src': 'sll.src.eth', 'ether_type': 'sll.etype|sll.ltype|sll.gretype'}),
    'Linux SLL2': ('sll', 'header', {
        'packet_type': 'sll.pkttype', 'hardware_type': 'sll.hatype', 'address_length': 'sll.halen',
        'src': 'sll.src.eth', 'ether_type': 'sll.etype|sll.ltype|sll.gretype',
        'interface_index': 'sll.ifindex'}),
    'Loopback': ('null', 'header', {'family': 'null.family'}),
    'MLDv1MulticastListenerDone': (None, None, {
        'group': ('icmpv6.mld.multicast_address', address)}),
    'MLDv1MulticastListenerQuery': (None, None, {
        'max_response_time': 'icmpv6.mld.maximum_response_delay',
        'group': ('icmpv6.mld.multicast_address', address)}),
    'MLDv1MulticastListenerReport': (None, None, {
        'group': ('icmpv6.mld.multicast_address', address)}),
    'MLDv2MulticastListenerQuery': (None, None, {
        'max_response_time': ('icmpv6.mld.maximum_response_code', floating16),
        'group': ('icmpv6.mld.multicast_address', address), 'suppress': 'icmpv6.mld.flag.s',
        'robustness': 'icmpv6.mld.flag.qrv', 'query_interval': ('icmpv6.mld.qqi', floating),
        'source_count': 'icmpv6.mld.nb_sources',
        'sources': ('icmpv6.mld.source_address', octets)}),
    'MLDv2MulticastListenerReport': (None, None, {
        'record_count': 'icmpv6.mldr.nb_mcast_records',
        'records[].type': 'icmpv6.mldr.mar.record_type',
        'records[].group': ('icmpv6.mldr.mar.multicast_address', address),
        'records[].source_count': 'icmpv6.mldr.mar.nb_sources'}),
    'MPLS': ('mpls', 'header', {
        'label': 'mpls.label', 'tc': 'mpls.exp', 'bottom': 'mpls.bottom', 'ttl': 'mpls.ttl'}),
    'NetFlow': ('cflow', None, {
        'version': 'cflow.version', 'count': 'cflow.count', 'length': 'cflow.len',
        'uptime': ('cflow.sysuptime', raw), 'seq': 'cflow.sequence',
        'domain': 'cflow.source_id|cflow.od_id'}),
    'NTP': ('ntp', 'all', {
        'leap_indicator': 'ntp.flags.li', 'version': 'ntp.flags.vn', 'mode': 'ntp.flags.mode',
        'response': 'ntp.ctrl.flags2.r|ntp.priv.flags.r',
        'operation': 'ntp.ctrl.flags2.opcode|ntp.priv.reqcode',
        'seq': 'ntp.ctrl.sequence|ntp.priv.seq',
        'association_id': ('ntp.ctrl.associd', number, first),
        'stratum': ('ntp.stratum', number, second), 'poll': ('ntp.ppoll', signed, third),
        'precision': ('ntp.precision', signed),
        'root_delay': ('ntp.rootdelay', raw), 'root_dispersion': ('ntp.rootdispersion', raw),
        'reference_id': ('ntp.refid', raw), 'reference_timestamp': ('ntp.reftime', raw),
        'origin_timestamp': ('ntp.org', raw), 'receive_timestamp': ('ntp.rec', raw),
        'transmit_timestamp': ('ntp.xmt', raw)}),
    'OSPF': ('ospf', 'all', {
        'version': 'ospf.version', 'ospf_type': 'ospf.msg', 'length': 'ospf.packet_length',
        'router_id': 'ospf.srcrouter', 'area_id': 'ospf.area_id', 'checksum': 'ospf.checksum',
        'authentication_type': 'ospf.auth.type', 'instance_id': 'ospf.instance_id',
        'mask': 'ospf.hello.network_mask', 'priority': 'ospf.hello.router_priority',
        'hello_interval': 'ospf.hello.hello_interval',
        'dead_interval': 'ospf.hello.router_dead_interval',
        'designated_router': 'ospf.hello.designated_router',
        'backup_router': 'ospf.hello.backup_designated_router', 'mtu': 'ospf.db.interface_mtu',
        'flags': 'ospf.dbd', 'seq': 'ospf.db.dd_sequence',
        'interface_id': 'ospf.hello.interface_id',
        'options': ('ospf.v2.options|ospf.v3.options', number, of_hello),
        'neighbors': ('ospf.hello.active_neighbor', octets),
        'lsas[].type': ('ospf.lsa|ospf.v3.lsa', number, type_of_advertisement),
        'lsa_count': 'ospf.ls.number_of_lsas', 'lsas[].age': ('ospf.lsa.age', raw),
        'lsas[].advertising_router': ('ospf.advrouter', text, of_advertisement),
        'lsas[].seq': 'ospf.lsa.seqnum',
        'lsas[].checksum': 'ospf.lsa.chksum', 'lsas[].length': 'ospf.lsa.length'}),
    'PPP': ('ppp', 'header', {'address_control': ('ppp.address', there), 'protocol': 'ppp.protocol'}),
    'PPPoE': (('pppoes', 'pppoed'), None, {
        'version': 'pppoe.version', 'pppoe_type': 'pppoe.type', 'code': 'pppoe.code',
        'session_id': 'pppoe.session_id', 'length': 'pppoe.payload_length',
        'tags[].type': 'pppoed.tag'}),
    'RADIUS': ('radius', 'all', {
        'code': 'radius.code', 'id': 'radius.id', 'length': 'radius.length',
        'attributes[].type': 'radius.avp.type'}),
    'SCTP': ('sctp', None, {
        'src_port': 'sctp.srcport', 'dst_port': 'sctp.dstport',
        'verification_tag': 'sctp.verification_tag', 'checksum': 'sctp.checksum'}),
    'SCTPAbort': (None, None, SCTP_CHUNK),
    'SCTPCookieAck': (None, None, SCTP_CHUNK),
    'SCTPCookieEcho': (None, None, dict(SCTP_CHUNK, value=('sctp.cookie', octets))),
    'SCTPData': (None, None, dict(SCTP_TYPED, **{
        'immediate': 'sctp.data_i_bit', 'unordered': 'sctp.data_u_bit', 'begin': 'sctp.data_b_bit',
        'end': 'sctp.data_e_bit', 'tsn': 'sctp.data_tsn_raw|sctp.data_tsn',
        'stream_id': 'sctp.data_sid',
        'stream_seq': 'sctp.data_ssn', 'ppid': 'sctp.data_payload_proto_id'})),
    'SCTPError': (None, None, SCTP_CHUNK),
    'SCTPHeartbeat': (None, None, SCTP_CHUNK),
    'SCTPHeartbeatAck': (None, None, SCTP_CHUNK),
    'SCTPInit': (None, None, sctp_init('sctp.init_')),
    'SCTPInitAck': (None, None, sctp_init('sctp.initack_')),
    'SCTPSack': (None, None, dict(SCTP_TYPED, **{
        'cumulative_tsn': 'sctp.sack_cumulative_tsn_ack_raw|sctp.sack_cumulative_tsn_ack',
        'advertised_window': 'sctp.sack_a_rwnd', 'gap_count': 'sctp.sack_number_of_gap_blocks',
        'duplicate_count': 'sctp.sack_number_of_duplicated_tsns'})),
    'SCTPShutdown': (None, None, dict(SCTP_CHUNK, value=('sctp.shutdown_cumulative_tsn_ack', octets))),
    'SCTPShutdownAck': (None, None, SCTP_CHUNK),
    'SCTPShutdownComplete': (None, None, SCTP_CHUNK),
    'SCTPUnknownChunkType': (None, None, SCTP_CHUNK),
    'SFlow': ('sflow', 'all', {
        'version': 'sflow_245.version', 'agent': 'sflow_245.agent|sflow.agent',
        'agent6': ('sflow_245.agent.v6|sflow.agent.v6', address),
        'sub_agent_id': 'sflow_245.sub_agent_id', 'seq': 'sflow_245.sequence_number',
        'uptime': ('sflow_245.sysuptime', raw), 'sample_count': 'sflow_245.numsamples',
        'samples[].seq': 'sflow.flow_sample.sequence_number+sflow.counters_sample.sequence_number',
        'samples[].record_count': 'sflow.flow_sample.flow_record+sflow.counters_sample.counters_records',
        'samples[].sampling_rate': 'sflow.flow_sample.sampling_rate',
        'samples[].sample_pool': 'sflow.flow_sample.sample_pool'}),
    'SIP': ('sip', 'all', {
        'method': ('sip.Method', text), 'uri': ('sip.r-uri', text), 'status': 'sip.Status-Code'}),
    'SNAP': (None, None, {
        'oui': ('llc.oui', oui),
        'ether_type': 'llc.type|llc.pid|llc.cisco_pid|llc.nortel_pid|llc.iana_pid|llc.apple_atalk_pid|'
                      'llc.extreme_pid|llc.foundry_pid|llc.force10_pid|llc.hpteam_pid|llc.wlccp_pid'}),
    'STP': ('stp', 'all', {
        'protocol_id': 'stp.protocol', 'version': 'stp.version', 'stp_type': 'stp.type',
        'flags': 'stp.flags', 'tc': ('stp.flags.tc', number, first),
        'tca': ('stp.flags.tcack', number, first),
        'root_priority': 'stp.root.prio', 'root_system_id': 'stp.root.ext', 'root': 'stp.root.hw',
        'cost': 'stp.root.cost', 'bridge_priority': 'stp.bridge.prio',
        'bridge_system_id': 'stp.bridge.ext', 'bridge': 'stp.bridge.hw', 'port_id': 'stp.port',
        'message_age': ('stp.msg_age', seconds_256), 'max_age': ('stp.max_age', seconds_256),
        'hello_time': ('stp.hello', seconds_256), 'forward_delay': ('stp.forward', seconds_256),
        'vlan_id': 'stp.pvst.origvlan'}),
    'TCP': ('tcp', 'header', {
        'src_port': 'tcp.srcport', 'dst_port': 'tcp.dstport', 'seq': 'tcp.seq',
        'ack': 'tcp.ack_raw|tcp.ack', 'flags': ('tcp.flags', flags),
        'window': 'tcp.window_size_value',
        'checksum': 'tcp.checksum', 'urgent': 'tcp.urgent_pointer',
        'options[].kind': ('tcp.option_kind', raw, to_the_end),
        'options[].mss': 'tcp.options.mss_val',
        'options[].shift': 'tcp.options.wscale.shift',
        'options[].value': 'tcp.options.timestamp.tsval',
        'options[].echo_reply': 'tcp.options.timestamp.tsecr'}),
    'TLS': ('tls', 'all', {
        'content_type': ('tls.record.content_type', number, first),
        'version': ('tls.record.version', number, first),
        'length': ('tls.record.length', number, first),
        'handshake_type': ('tls.handshake.type', number, first),
        'hello_version': ('tls.handshake.version', number, first),
        'cipher_suite': ('tls.handshake.ciphersuite', number, chosen),
        'session_id_length': 'tls.handshake.session_id_length',
        'alpn': ('tls.handshake.extensions_alpn_str', text, first),
        'ja3': ('tls.handshake.ja3', text), 'ja3s': ('tls.handshake.ja3s', text),
        'records[].length': 'tls.record.length', 'records[].version': 'tls.record.version',
        'records[].content_type': 'tls.record.content_type',
        'sni': ('tls.handshake.extensions_server_name', text)}),
    'UDP': ('udp', 'header', dict(PORTS, length='udp.length')),
    'UDPLite': ('udplite', 'header', dict(PORTS, coverage='udp.checksum_coverage')),
    'VRRP': ('vrrp', 'all', {
        'interval': ('vrrp.adver_int|vrrp.short_adver_int', interval), 'version': 'vrrp.version',
        'vrrp_type': 'vrrp.type', 'vrid': 'vrrp.virt_rtr_id',
        'priority': 'vrrp.prio', 'address_count': 'vrrp.addr_count',
        'authentication_type': 'vrrp.auth_type', 'checksum': 'vrrp.checksum',
        'addresses[].ipv4': 'vrrp.ip_addr', 'addresses[].ipv6': ('vrrp.ipv6_addr', address)}),
    'VXLAN': ('vxlan', 'header', {
        'flags': ('vxlan.flags', high_byte), 'has_vni': 'vxlan.flag_i', 'vni': 'vxlan.vni',
        'has_policy': 'vxlan.flag_g',
        'dont_learn': 'vxlan.flag_d', 'policy_applied': 'vxlan.flag_a', 'policy_id': 'vxlan.gbp'}),
}

BGP_ATTRIBUTE = 'bgp.update.path_attribute.'

# Tunnels, tags and those who set them up: D53
LAYERS.update({
    'ERSPAN Type III': ('erspan', None, {
        'version': 'erspan.version', 'vlan_id': 'erspan.vlan', 'cos': 'erspan.cos',
        'bso': 'erspan.bso', 'truncated': 'erspan.truncated', 'session_id': 'erspan.spanid',
        'timestamp': 'erspan.timestamp', 'security_group': 'erspan.sgt', 'ethernet_pdu': 'erspan.p',
        'frame_type': 'erspan.ft', 'hardware_id': 'erspan.hw', 'egress': 'erspan.direction',
        'granularity': 'erspan.gra', 'has_subheader': 'erspan.o', 'platform': 'erspan.platid'}),
    'ETag': ('etag', None, {
        'priority': 'etag.pcp', 'drop_eligible': 'etag.dei', 'group': 'etag.group',
        'ether_type': 'etag.etype'}),
    'ISAKMP': ('isakmp', None, {
        'initiator_spi': ('isakmp.ispi', raw), 'responder_spi': ('isakmp.rspi', raw),
        'next_payload': ('isakmp.nextpayload', number, first), 'exchange': 'isakmp.exchangetype',
        'payloads[].type': ('isakmp.typepayload', number, not_nested), 'flags': 'isakmp.flags',
        'message_id': 'isakmp.messageid', 'length': 'isakmp.length'}),
    'NSH': ('nsh', 'header', {
        'version': 'nsh.version', 'oam': 'nsh.Obit', 'ttl': 'nsh.ttl',
        'length': ('nsh.length', times_4), 'metadata_type': 'nsh.mdtype',
        'next_protocol': 'nsh.nextproto', 'service_path': 'nsh.spi', 'service_index': 'nsh.si',
        'metadata[].class': 'nsh.metadataclass', 'metadata[].type': 'nsh.metadatatype'}),
    'PBB': (('ieee8021ah', 'ieee8021ad'), None, {
        'priority': 'ieee8021ah.priority', 'drop_eligible': 'ieee8021ah.drop',
        'uses_customer_address': 'ieee8021ah.nca', 'service_id': 'ieee8021ah.isid'}),
    'PseudowireChannel': ('pwach', None, {
        'version': 'pwach.ver', 'channel': 'pwach.channel_type'}),
    'PseudowireControlWord': ('pwethcw', 'header', {'seq': 'pweth.cw.sequence_number'}),
    'UDPEncap': ('udpencap', 'header', {}),
    'VNTag': ('vntag', None, {
        'to_interface': 'vntag.dir', 'is_list': 'vntag.ptr', 'destination': 'vntag.dst',
        'is_looped': 'vntag.looped', 'version': 'vntag.version', 'source': 'vntag.src',
        'ether_type': 'vntag.etype', 'length': 'vntag.len'}),
    'VXLAN-GPE': ('vxlan', 'header', {
        'flags': ('vxlan.flags', number), 'next_protocol': 'vxlan.next_proto', 'vni': 'vxlan.vni',
        'version': 'vxlan.ver', 'has_vni': 'vxlan.i_bit', 'has_next_protocol': 'vxlan.p_bit',
        'oam': 'vxlan.o_bit'}),
})

# What looks after links, and link types
LAYERS.update({
    'CAN': (('can', 'canfd'), None, {
        'id': 'can.id', 'extended': 'can.flags.xtd', 'remote': 'can.flags.rtr', 'error': 'can.flags.err',
        'length': 'can.len'}),
    'CFM': ('cfm', None, {
        'level': 'cfm.md.level', 'version': 'cfm.version', 'opcode': 'cfm.opcode',
        'tlv_offset': 'cfm.first.tlv.offset', 'endpoint': 'cfm.ccm.ma.ep.id',
        'seq': 'cfm.ccm.seq.num|cfm.lb.transaction.id|cfm.lt.transaction.id',
        'original': ('cfm.ltm.orig.addr', mac), 'target': ('cfm.ltm.targ.addr', mac),
        'ttl': 'cfm.lt.ttl', 'relay_action': 'cfm.ltr.relay.action'}),
    'GTPv1C': ('gtp', 'header', {
        'version': 'gtp.flags.version', 'protocol_type': 'gtp.flags.payload',
        'has_extension': 'gtp.flags.e', 'has_seq': 'gtp.flags.s', 'has_npdu': 'gtp.flags.pn',
        'message_type': 'gtp.message', 'length': ('gtp.length', number, first), 'teid': 'gtp.teid',
        'seq': 'gtp.seq_number', 'npdu_number': 'gtp.npdu_number',
        **GTP_EXTENSIONS}),
    'LISP': ('lisp-data', 'header', {
        'flags': 'lisp-data.flags', 'nonce': 'lisp-data.nonce', 'instance': 'lisp-data.iid',
        'locator_status': 'lisp-data.lsb|lisp-data.lsb8'}),
    'LISPControl': ('lisp', None, {
        'message_type': ('lisp.type', number, first), 'records': ('lisp.records', number, first),
        'nonce': ('lisp.nonce', raw, first)}),
    'MACsec': ('macsec', None, {
        'end_station': 'macsec.TCI.ES', 'has_sci': 'macsec.TCI.SC', 'encrypted': 'macsec.TCI.E',
        'single_copy_broadcast': 'macsec.TCI.SCB', 'changed': 'macsec.TCI.C', 'an': 'macsec.AN',
        'short_length': 'macsec.SL', 'pn': 'macsec.PN', 'port': 'macsec.SCI.port_identifier',
        'system': ('macsec.SCI.system_identifier', mac), 'ether_type': 'macsec.etype'}),
    'Netlink': ('netlink', None, {
        'family': 'netlink.family', 'messages[].length': 'netlink.hdr_len',
        'messages[].seq': 'netlink.hdr_seq', 'messages[].port': 'netlink.hdr_pid'}),
    'NFLOG': ('nflog', None, {
        'family': 'nflog.family', 'version': 'nflog.version', 'resource': 'nflog.res_id',
        'hook': 'nflog.hook', 'prefix': ('nflog.prefix', text),
        'attributes[].type': ('nflog.tlv_type', number, before_packet)}),
    'PPI': ('ppi', 'header', {
        'version': 'ppi.version', 'flags': 'ppi.flags', 'length': 'ppi.length', 'link_type': 'ppi.dlt',
        'channel_frequency': 'ppi.80211-common.chan.freq', 'rate': ('ppi.80211-common.rate', raw_little),
        'dbm_signal': 'ppi.80211-common.dbm.antsignal', 'dbm_noise': 'ppi.80211-common.dbm.antnoise',
        'entries[].type': 'ppi.field_type', 'entries[].length': 'ppi.field_len'}),
    'UDLD': ('udld', None, {
        'version': 'udld.version', 'opcode': 'udld.opcode', 'flags': 'udld.flags',
        'checksum': 'udld.checksum', 'tlvs[].type': 'udld.tlv.type'}),
    'WakeOnLAN': ('wol', None, {'target': ('wol.mac', mac, first)}),
})

# What sets links, tunnels and addresses up
CONTROL = {'code': ('ppp.code', number, first), 'id': ('ppp.identifier', number, first),
           'length': ('ppp.length', number, first)}
LAYERS.update({
    'CCP': ('ccp', None, dict(CONTROL, **{'options[].type': 'ccp.opt.type'})),
    'CHAP': ('chap', None, {
        'code': 'chap.code', 'id': 'chap.identifier', 'length': 'chap.length',
        'value': ('chap.value', octets), 'name': ('chap.name', text), 'message': ('chap.message', text)}),
    'IPComp': ('ipcomp', None, {
        'next_header': 'ipcomp.next_header', 'flags': 'ipcomp.flags', 'cpi': 'ipcomp.cpi'}),
    'IPCP': ('ipcp', None, dict(CONTROL, **{
        'options[].type': 'ipcp.opt.type',
        'options[].ipv4': 'ipcp.opt.ip_address+ipcp.opt.pri_dns_address+ipcp.opt.sec_dns_address+'
                          'ipcp.opt.pri_nbns_address+ipcp.opt.sec_nbns_address'})),
    'IPv6CP': ('ipv6cp', None, dict(CONTROL, **{'options[].type': 'ipv6cp.opt.type'})),
    'IPv6Mobility': ('mipv6', 'header', {
        'next_header': 'mip6.proto', 'length': ('mip6.hlen', eights), 'message_type': 'mip6.mhtype',
        'checksum': 'mip6.csum', 'nonce_index': 'mip6.hot.nindex|mip6.cot.nindex',
        'cookie': ('mip6.hoti.cookie|mip6.coti.cookie|mip6.hot.cookie|mip6.cot.cookie', raw),
        'token': ('mip6.hot.token|mip6.cot.token', raw), 'seq': 'mip6.bu.seqnr|mip6.ba.seqnr',
        'status': 'mip6.ba.status|mip6.be.status', 'home_ip': ('mip6.be.haddr', address),
        'lifetime': ('mip6.bu.lifetime|mip6.ba.lifetime', times_4)}),
    'L2TP': ('l2tp', None, {
        'control': 'l2tp.type', 'has_length': 'l2tp.length_bit', 'has_seq': 'l2tp.seq_bit',
        'has_offset': 'l2tp.offset_bit', 'has_priority': 'l2tp.priority', 'version': 'l2tp.version',
        'length': 'l2tp.length', 'tunnel': 'l2tp.tunnel|l2tp.ccid', 'session': 'l2tp.session|l2tp.sid',
        'ns': 'l2tp.Ns', 'nr': 'l2tp.Nr', 'padding': 'l2tp.offset',
        'message_type': 'l2tp.avp.message_type', 'attributes[].type': 'l2tp.avp.type',
        'attributes[].length': 'l2tp.avp.length', 'attributes[].mandatory': 'l2tp.avp.mandatory'}),
    'LCP': ('lcp', None, dict(CONTROL, **{
        'options[].type': 'lcp.opt.type', 'magic': 'lcp.magic_number',
        'rejected_protocol': 'lcp.rej_proto'})),
    'PAP': ('pap', None, {
        'code': 'pap.code', 'id': 'pap.identifier', 'length': 'pap.length', 'peer': ('pap.peer_id', text),
        'password': ('pap.password', text), 'message': ('pap.message', text)}),
    'Teredo': ('teredo', None, {
        'client': ('teredo.auth.id', octets), 'authentication': ('teredo.auth.value', octets),
        'nonce': ('teredo.auth.nonce', raw), 'confirmation': ('teredo.auth.conf', raw),
        'origin_port': 'teredo.orig.port', 'origin_ip': 'teredo.orig.addr'}),
})

# What gopacket does not have: D52 of docs/differences.md
LAYERS.update({
    'BGP': ('bgp', None, {
        'messages[].type': 'bgp.type', 'messages[].length': 'bgp.length',
        'messages[].as': 'bgp.open.myas', 'messages[].hold': 'bgp.open.holdtime',
        'messages[].error_code': 'bgp.notify.major_error',
        'attributes[].type': BGP_ATTRIBUTE + 'type_code',
        'attributes[].length': (BGP_ATTRIBUTE + 'length', number),
        'as_path[].as': (BGP_ATTRIBUTE + 'as_path_segment.as4+' + BGP_ATTRIBUTE + 'as_path_segment.as2', number),
        'routes[].ipv4': ('bgp.nlri_prefix', text, not_everywhere),
        'withdrawn[].ipv4': ('bgp.withdrawn_prefix', text),
        'routes[].ipv6': ('bgp.mp_reach_nlri_ipv6_prefix', address),
        'withdrawn[].ipv6': ('bgp.mp_unreach_nlri_ipv6_prefix', address)}),
    'CHDLC': ('chdlc', None, {'address': 'chdlc.address', 'protocol': 'chdlc.protocol'}),
    'EIGRP': ('eigrp', None, {
        'version': 'eigrp.version', 'opcode': 'eigrp.opcode', 'checksum': 'eigrp.checksum',
        'flags': 'eigrp.flags', 'seq': 'eigrp.seq', 'ack': 'eigrp.ack',
        'virtual_router': 'eigrp.vrid', 'as': 'eigrp.as'}),
    'BitTorrent': ('bittorrent', None, {
        'info_hash': ('bittorrent.info_hash', octets), 'peer': ('bittorrent.peer_id', octets)}),
    'DropboxLAN': ('db-lsp-disc', None, {}),
    'FTP': ('ftp', None, {
        'command': ('ftp.request.command', text, first),
        'code': ('ftp.response.code', number, first),
        'argument': ('ftp.request.arg|ftp.response.arg', text, first),
        'data_ipv4': ('ftp.active.cip|ftp.passive.ip|ftp.eprt.ip', address),
        'data_ipv6': ('ftp.eprt.ipv6', address),
        'data_port': 'ftp.active.port|ftp.passive.port|ftp.eprt.port|ftp.epsv.port'}),
    'HSRP': ('hsrp', None, {
        'opcode': 'hsrp.opcode|hsrp2.opcode', 'state': 'hsrp.state|hsrp2.state',
        'priority': 'hsrp.priority|hsrp2.priority', 'group': 'hsrp.group|hsrp2.group',
        'identifier': ('hsrp2.identifier', mac),
        'ipv4': 'hsrp.virt_ip|hsrp2.virt_ip'}),
    'IMAP': ('imap', None, {
        'tag': ('imap.request_tag', text, not_done),
        'user': ('imap.request.username', unquoted), 'mailbox': ('imap.request.folder', unquoted)}),
    'IRC': ('irc', None, {
        'lines[].tag': ('irc.request.prefix+irc.response.prefix', text),
        'lines[].code': 'irc.response.num_command',
        'lines[].command': ('irc.request.command+irc.response.command', text, words)}),
    'ISIS': ('isis', None, {
        'pdu_type': 'isis.type', 'circuit_type': 'isis.hello.circuit_type',
        'hold': 'isis.hello.holding_timer', 'priority': 'isis.hello.priority',
        'seq': 'isis.lsp.sequence_number', 'lifetime': 'isis.lsp.remaining_life',
        'checksum': 'isis.lsp.checksum'}),
    'MQTT': ('mqtt', None, {
        'packets[].type': 'mqtt.msgtype', 'packets[].client': ('mqtt.clientid', text),
        'packets[].topic': ('mqtt.topic', text), 'packets[].level': 'mqtt.ver',
        'packets[].keep_alive': 'mqtt.kalive'}),
    'MySQL': ('mysql', None, {
        'seq': ('mysql.packet_number', number, first), 'length': ('mysql.packet_length', number, first),
        'version': ('mysql.version', text), 'thread_id': 'mysql.thread_id',
        'user': ('mysql.user', text), 'database': ('mysql.schema', text, first),
        'command': ('mysql.command', number, first), 'query': ('mysql.query', text, first),
        'error_code': 'mysql.error_code', 'sqlstate': ('mysql.sqlstate', text),
        'error': ('mysql.error.message', text)}),
    'NNTP': ('nntp', None, {
        'reply': ('nntp.response', number, first)}),
    'OpenVPN': ('openvpn', None, {
        'opcode': ('openvpn.opcode', number, first), 'key_id': ('openvpn.keyid', number, first),
        'session': ('openvpn.sessionid', raw, first), 'peer_id': 'openvpn.peerid'}),
    'PIM': ('pim', None, {
        'version': ('pim.version', number, first), 'pim_type': ('pim.type', number, first),
        'checksum': ('pim.checksum', number, first), 'options[].type': 'pim.optiontype',
        'options[].length': 'pim.optionlength'}),
    'DTLS': ('dtls', 'all', {
        'content_type': ('dtls.record.content_type', number, first),
        'version': ('dtls.record.version', number, first),
        'epoch': ('dtls.record.epoch', number, first),
        'sequence': ('dtls.record.sequence_number', number, first),
        'length': ('dtls.record.length', number, first),
        'handshake_type': ('dtls.handshake.type', number, first),
        'message_length': ('dtls.handshake.length', number, first),
        'message_sequence': ('dtls.handshake.message_seq', number, first),
        'fragment_offset': ('dtls.handshake.fragment_offset', number, first),
        'fragment_length': ('dtls.handshake.fragment_length', number, first),
        'cookie': ('dtls.handshake.cookie', octets, first),
        'sni': ('dtls.handshake.extensions_server_name', text),
        'alpn': ('dtls.handshake.extensions_alpn_str', text, first),
        'ja3': ('dtls.handshake.ja3', text), 'ja3s': ('dtls.handshake.ja3s', text),
        'records[].length': 'dtls.record.length', 'records[].version': 'dtls.record.version',
        'records[].content_type': 'dtls.record.content_type'}),
    'QUIC': ('quic', None, {
        'version': ('quic.version', number, first), 'destination': ('quic.dcid', octets, first),
        'source': ('quic.scid', octets, first), 'token': ('quic.token', octets, first),
        'length': ('quic.length', number, first),
        'packet_number': ('quic.packet_number', number, first),
        'sni': ('tls.handshake.extensions_server_name', text),
        'alpn': ('tls.handshake.extensions_alpn_str', text, first),
        'ja3': ('tls.handshake.ja3', text)}),
    'POP3': ('pop', None, {
        'command': ('pop.request.command|pop.response.indicator', text, first),
        'argument': ('pop.request.parameter|pop.response.description', text, first)}),
    'PostgreSQL': ('pgsql', None, {
        'messages[].length': ('pgsql.length', number), 'query': ('pgsql.query', text, first),
        'tag': ('pgsql.tag', text, first), 'severity': ('pgsql.severity', text, first),
        'sqlstate': ('pgsql.code', text, first), 'error': ('pgsql.message', text, first),
        'password': ('pgsql.password', text)}),
    'RESP': ('resp', None, {
        'values[].string': ('resp.string+resp.error+resp.bulk_string.value', characters),
        'error': ('resp.error', text, first)}),
    'RTSP': ('rtsp', None, {
        'method': ('rtsp.method', text), 'uri': ('rtsp.url', text), 'status': 'rtsp.status',
        'session': ('rtsp.session', text), 'transport': ('rtsp.transport', text),
        'content_type': ('rtsp.content-type', text)}),
    'RIP': ('rip', None, {
        'command': 'rip.command', 'version': 'rip.version', 'entries[].address': 'rip.ip',
        'entries[].mask': 'rip.netmask', 'entries[].next_hop': 'rip.next_hop',
        'entries[].metric': 'rip.metric'}),
    'SlowProtocol': ('slow', None, {
        'subtype': 'slow.subtype', 'version': 'lacp.version',
        'actor_priority': 'lacp.actor.sys_priority', 'actor_key': 'lacp.actor.key',
        'actor_port': 'lacp.actor.port', 'actor_state': 'lacp.actor.state',
        'actor_system': ('lacp.actor.sysid', mac), 'partner_system': ('lacp.partner.sysid', mac),
        'partner_port': 'lacp.partner.port', 'partner_state': 'lacp.partner.state'}),
    'SMTP': ('smtp', None, {
        'lines[].command': ('smtp.req.command', text, whole_commands),
        'code': ('smtp.response.code', number, first),
        'lines[].argument': ('smtp.req.parameter|smtp.rsp.parameter', text, no_tls)}),
    'SNMP': ('snmp', None, {
        'version': ('snmp.version|snmp.msgVersion', number),
        'community': ('snmp.community', text), 'message_id': 'snmp.msgID',
        'request_id': 'snmp.request_id', 'error_status': 'snmp.error_status',
        'error_index': 'snmp.error_index', 'non_repeaters': 'snmp.non_repeaters',
        'max_repetitions': 'snmp.max_repetitions', 'user': ('snmp.msgUserName', text),
        'engine': ('snmp.contextEngineID', octets), 'enterprise': ('snmp.enterprise', text),
        'agent': 'snmp.agent_addr', 'generic_trap': 'snmp.generic_trap',
        'specific_trap': 'snmp.specific_trap', 'timestamp': 'snmp.time_stamp',
        'bindings[].oid': ('snmp.name', text)}),
    'SOCKS': ('socks', None, {
        'version': ('socks.version', number, versions), 'command': 'socks.command',
        'ipv4': 'socks.dst', 'ipv6': ('socks.dstV6', address), 'port': 'socks.port|socks.dstport',
        'host': ('socks.remote_name|socks.v4a_dns_name', text), 'user': ('socks.username', text),
        'method': 'socks.auth_accepted_method', 'reply': 'socks.results'}),
    'SSH': ('ssh', None, {
        'identification': ('ssh.protocol', text), 'message': ('ssh.message_code', number),
        'cookie': ('ssh.cookie', octets), 'packet_length': 'ssh.packet_length',
        'kex': ('ssh.kex_algorithms', text), 'host_key': ('ssh.server_host_key_algorithms', text),
        'cipher': ('ssh.encryption_algorithms_client_to_server', text),
        'mac_to_client': ('ssh.mac_algorithms_server_to_client', text)}),
    'STUN': ('stun', None, {
        'message_type': 'stun.type',
        'method': 'stun.type.method', 'length': 'stun.length', 'transaction': ('stun.id', octets),
        'attributes[].type': 'stun.att.type', 'attributes[].length': 'stun.att.length'}),
    'Syslog': ('syslog', None, {
        'facility': 'syslog.facility', 'severity': 'syslog.level'}),
    'Telnet': ('telnet', None, {
        'items[].command': ('telnet.cmd', number, commands),
        'items[].option': ('telnet.subcmd', number, options)}),
    'TFTP': ('tftp', None, {
        'opcode': 'tftp.opcode', 'block': 'tftp.block', 'mode': ('tftp.type', text),
        'error_code': 'tftp.error.code'}),
    'WireGuard': ('wg', None, {
        'message_type': 'wg.type', 'sender': 'wg.sender', 'receiver': 'wg.receiver',
        'counter': 'wg.counter'}),
})

# layers of links
LAYERS.update({
    'PTP': ('ptp', None, {
        'message_type': ('ptp.v2.messagetype', number), 'version': 'ptp.v2.versionptp',
        'minor_version': 'ptp.v2.minorversionptp', 'major_sdo_id': ('ptp.v2.majorsdoid', number),
        'minor_sdo_id': 'ptp.v2.minorsdoid', 'length': 'ptp.v2.messagelength',
        'domain': 'ptp.v2.domainnumber', 'flags': ('ptp.v2.flags', number),
        'type_specific': 'ptp.v2.messagetypespecific', 'clock': ('ptp.v2.clockidentity', number),
        'port': 'ptp.v2.sourceportid', 'seq': 'ptp.v2.sequenceid', 'control': 'ptp.v2.controlfield',
        'log_interval': 'ptp.v2.logmessageperiod',
        'seconds': 'ptp.v2.sdr.origintimestamp.seconds|ptp.v2.fu.preciseorigintimestamp.seconds|'
                   'ptp.v2.dr.receivetimestamp.seconds|ptp.v2.an.origintimestamp.seconds|'
                   'ptp.v2.pdrq.origintimestamp.seconds|ptp.v2.pdrs.requestreceipttimestamp.seconds|'
                   'ptp.v2.pdfu.responseorigintimestamp.seconds',
        'target_clock': ('ptp.v2.dr.requestingsourceportidentity|ptp.v2.pdrs.requestingportidentity|'
                         'ptp.v2.pdfu.requestingportidentity|ptp.v2.sig.targetportidentity|'
                         'ptp.v2.mm.targetportidentity', number),
        'target_port': 'ptp.v2.dr.requestingsourceportid|ptp.v2.pdrs.requestingsourceportid|'
                       'ptp.v2.pdfu.requestingsourceportid|ptp.v2.sig.targetportid|ptp.v2.mm.targetportid',
        'utc_offset': 'ptp.v2.an.origincurrentutcoffset', 'priority1': 'ptp.v2.an.priority1',
        'grandmaster_class': 'ptp.v2.an.grandmasterclockclass',
        'grandmaster_accuracy': ('ptp.v2.an.grandmasterclockaccuracy', number),
        'grandmaster_variance': 'ptp.v2.an.grandmasterclockvariance',
        'priority2': 'ptp.v2.an.priority2',
        'grandmaster': ('ptp.v2.an.grandmasterclockidentity', number),
        'steps_removed': 'ptp.v2.an.localstepsremoved', 'time_source': ('ptp.v2.timesource', number),
        'start_hops': 'ptp.v2.mm.startingboundaryhops', 'hops': 'ptp.v2.mm.boundaryhops',
        'action': 'ptp.v2.mm.action',
        'tlvs[].type': 'ptp.v2.an.tlvType|ptp.v2.sig.tlv.tlvType|ptp.v2.mm.tlvType'}),
    'AoE': ('aoe', None, {
        'version': 'aoe.version', 'error_code': 'aoe.error', 'major': ('aoe.major', number),
        'minor': ('aoe.minor', number), 'command': 'aoe.cmd', 'tag': ('aoe.tag', number),
        'feature': ('aoe.err_feature', number), 'sector_count': 'aoe.sector_count',
        'ata_command': ('aoe.ata.status|aoe.ata.cmd', number), 'lba': ('aoe.lba', number)}),
})

# media and Novell's networks: D67
LAYERS.update({
    'IPX': ('ipx', None, {
        'checksum': ('ipx.checksum', number), 'length': 'ipx.len', 'hops': 'ipx.hops',
        'packet_type': 'ipx.packet_type', 'dst_network': ('ipx.dst.net', number),
        'dst': 'ipx.dst.node', 'dst_socket': 'ipx.dst.socket', 'src_network': ('ipx.src.net', number),
        'src': 'ipx.src.node', 'src_socket': 'ipx.src.socket'}),
    'NetBIOS': ('netbios', None, {
        'length': 'netbios.hdr_len', 'command': 'netbios.command',
        'transmit_correlator': 'netbios.xmit_corrl', 'response_correlator': 'netbios.resp_corrl',
        'destination_session': 'netbios.remote_session', 'source_session': 'netbios.local_session'}),
    'RTCP': ('rtcp', None, {
        'packets[].type': 'rtcp.pt', 'packets[].ntp_seconds': 'rtcp.timestamp.ntp.msw',
        'packets[].ntp_fraction': 'rtcp.timestamp.ntp.lsw', 'packets[].timestamp': 'rtcp.timestamp.rtp',
        'packets[].packet_count': 'rtcp.sender.packetcount',
        'packets[].octet_count': 'rtcp.sender.octetcount',
        'reports[].ssrc': ('rtcp.ssrc.identifier', number, of_report), 'reports[].fraction_lost': 'rtcp.ssrc.fraction',
        'reports[].highest_sequence': 'rtcp.ssrc.ext_high', 'reports[].jitter': 'rtcp.ssrc.jitter',
        'reports[].last_report': 'rtcp.ssrc.lsr', 'reports[].delay': 'rtcp.ssrc.dlsr'}),
    'SRVLOC': ('srvloc', None, {
        'version': 'srvloc.version', 'function': 'srvloc.function', 'length': 'srvloc.pktlen',
        'flags': 'srvloc.flags_v2', 'xid': 'srvloc.xid', 'language': ('srvloc.langtag', text),
        'error_code': 'srvloc.errv2', 'url': ('srvloc.url.url|srvloc.url', text, first),
        'lifetime': ('srvloc.url.lifetime', number, first),
        'service_type': ('srvloc.srvreq.srvtypelist|srvloc.srvreg.srvtypelist', text),
        'predicate': ('srvloc.srvreq.predicate', text)}),
})

# directories and remote procedures: D66
LAYERS.update({
    'DCERPC': ('dcerpc', None, {
        'version': ('dcerpc.ver', number, first), 'packet_type': ('dcerpc.pkt_type', number, first),
        'flags': ('dcerpc.cn_flags|dcerpc.dg_flags1', number, first),
        'length': 'dcerpc.cn_frag_len|dcerpc.dg_len',
        'auth_length': 'dcerpc.cn_auth_len', 'call_id': 'dcerpc.cn_call_id|dcerpc.dg_seqnum',
        'opnum': ('dcerpc.opnum', number, written), 'status': 'dcerpc.cn_status',
        'max_transmit': 'dcerpc.cn_max_xmit', 'max_receive': 'dcerpc.cn_max_recv',
        'association_group': 'dcerpc.cn_assoc_group', 'interface': ('dcerpc.dg_if_id', text),
        'activity': ('dcerpc.dg_act_id', text),
        'contexts[].interface': ('dcerpc.cn_bind_to_uuid', text),
        'contexts[].version': 'dcerpc.cn_bind_if_ver',
        'results[].result': 'dcerpc.cn_ack_result', 'stub': ('dcerpc.stub_data', octets)}),
    'Kerberos': ('kerberos', None, {
        'message_type': ('kerberos.msg_type', number, first), 'error_code': 'kerberos.error_code',
        'error_text': ('kerberos.e_text', text),
        'client_realm': ('kerberos.crealm', text), 'nonce': 'kerberos.nonce',
        'client[].name': ('kerberos.CNameString', text),
        'etypes[].etype': ('kerberos.ENCTYPE', signed_bytes),
        'record_length': ('kerberos.rm.length', number)}),
    'LDAP': (('ldap', 'cldap'), None, {
        'messages[].message_id': 'ldap.messageID', 'messages[].operation': 'ldap.protocolOp',
        'messages[].version': 'ldap.version', 'messages[].mechanism': ('ldap.mechanism', text),
        'messages[].scope': 'ldap.scope', 'messages[].size_limit': 'ldap.sizeLimit',
        'messages[].time_limit': 'ldap.timeLimit', 'messages[].result_code': 'ldap.resultCode',
        'messages[].diagnostic': ('ldap.errorMessage', text)}),
    'RPC': ('rpc', None, {
        'xid': 'rpc.xid', 'message_type': 'rpc.msgtyp', 'rpc_version': 'rpc.version',
        'program': ('rpc.program', number, written), 'procedure': ('rpc.procedure', number, written),
        'program_version': ('rpc.programversion', number, written_first), 'credential_flavor': ('rpc.auth.flavor', number, first),
        'machine': ('rpc.auth.machinename', text), 'uid': 'rpc.auth.uid', 'gid': ('rpc.auth.gid', number, first),
        'reply_state': 'rpc.replystat', 'accept_state': 'rpc.state_accept',
        'reject_state': 'rpc.state_reject', 'fragment_length': 'rpc.fraglen',
        'wanted_program': 'portmap.prog', 'wanted_version': 'portmap.version',
        'wanted_protocol': 'portmap.proto'}),
    'RIPng': ('ripng', None, {
        'command': 'ripng.cmd', 'version': 'ripng.version',
        'entries[].prefix': ('ripng.rte.ipv6_prefix', address), 'entries[].tag': 'ripng.rte.route_tag',
        'entries[].prefix_length': 'ripng.rte.prefix_length', 'entries[].metric': 'ripng.rte.metric'}),
})

# Windows networks: D65
LAYERS.update({
    'NBNS': ('nbns', None, {
        'id': 'nbns.id', 'response': 'nbns.flags.response', 'opcode': 'nbns.flags.opcode',
        'authoritative': 'nbns.flags.authoritative', 'truncated': 'nbns.flags.truncated',
        'recursion_desired': 'nbns.flags.recdesired', 'broadcast': 'nbns.flags.broadcast',
        'recursion_available': 'nbns.flags.recavail', 'response_code': 'nbns.flags.rcode',
        'question_count': 'nbns.count.queries', 'answer_count': 'nbns.count.answers',
        'authority_count': 'nbns.count.auth_rr', 'additional_count': 'nbns.count.add_rr',
        'records[].type': 'nbns.type', 'records[].class': 'nbns.class', 'records[].ttl': 'nbns.ttl',
        'records[].name': ('nbns.name', netbios), 'records[].address': ('nbns.addr', text, first),
        'names[].name': ('nbns.netbios_name', netbios_plain),
        'names[].group': 'nbns.name_flags.group', 'names[].active': 'nbns.name_flags.act'}),
    'NBDGM': ('nbdgm', None, {
        'message_type': 'nbdgm.type', 'more_fragments': 'nbdgm.next', 'first': 'nbdgm.first',
        'node_type': 'nbdgm.node_type', 'id': 'nbdgm.dgram_id', 'source_ip': 'nbdgm.src.ip',
        'source_port': 'nbdgm.src.port', 'datagram_length': 'nbdgm.dgram_len',
        'fragment_offset': 'nbdgm.pkt_offset', 'error_code': 'nbdgm.error_code',
        'source': ('nbdgm.source_name', netbios), 'destination': ('nbdgm.destination_name', netbios)}),
    'NBSS': ('nbss', None, {
        'message_type': 'nbss.type', 'length': 'nbss.length',
        'error_code': 'nbss.error_code', 'called': ('nbss.called_name', netbios),
        'calling': ('nbss.calling_name', netbios)}),
    'SMB': ('smb', None, {
        'command': ('smb.cmd', number, first), 'response': 'smb.flags.response', 'status': 'smb.nt_status',
        'flags': 'smb.flags', 'flags2': 'smb.flags2', 'tree_id': 'smb.tid', 'user_id': 'smb.uid',
        'multiplex_id': 'smb.mid', 'name': ('smb.trans_name|smb.path|smb.file', text, not_unicode),
        'unicode_name': ('smb.trans_name|smb.path|smb.file', utf16, unicode),
        'dialects[].name': ('smb.dialect.name', text), 'browser_command': 'browser.command',
        'browser_name': ('browser.server', text)}),
    'SMB2': ('smb2', None, {
        'messages[].command': 'smb2.cmd', 'messages[].response': 'smb2.flags.response',
        'messages[].status': 'smb2.nt_status', 'messages[].message_id': 'smb2.msg_id',
        'messages[].credits': ('smb2.credits.requested+smb2.credits.granted', number),
        'messages[].flags': 'smb2.flags', 'messages[].tree_id': 'smb2.tid',
        'messages[].session_id': ('smb2.sesid', number, not_transformed), 'messages[].async_id': 'smb2.aid',
        'messages[].name': ('smb2.filename+smb2.tree+smb2.find.pattern', utf16, strings),
        'messages[].length': ('smb2.read_length+smb2.write_length', number),
        'messages[].offset': ('smb2.file_offset', number),
        'messages[].user': ('ntlmssp.auth.username', text, named),
        'messages[].domain': ('ntlmssp.auth.domain', text, named),
        'messages[].workstation': ('ntlmssp.auth.hostname', text, named),
        'session_id': ('smb2.sesid', number, transformed), 'original_size': 'smb2.header.transform.msg_size'}),
})

NAMES = {tshark for entry in LAYERS.values() for tshark in
         (entry[0] if isinstance(entry[0], tuple) else (entry[0],)) if tshark} - {'dvmrp'}
WANTED = {'dhcpv6.option.length', 'icmpv6.opt.prefix.flag', 'tls.handshake.cipher_suites_length'} | {
    name for entry in LAYERS.values() for spec in entry[2].values()
    for name in (spec if isinstance(spec, str) else spec[0]).replace('+', '|').split('|')}
