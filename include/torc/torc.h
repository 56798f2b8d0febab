/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/torc.h - every public header of the library */
#ifndef TORC_TORC_H
#define TORC_TORC_H

#include <torc/base.h>
#include <torc/checksum.h>
#include <torc/cluster.h>
#include <torc/confine.h>
#include <torc/decode.h>
#include <torc/defrag.h>
#include <torc/device.h>
#include <torc/export.h>
#include <torc/file.h>
#include <torc/filter.h>
#include <torc/flow.h>
#include <torc/flow_table.h>
#include <torc/layer.h>
#include <torc/layers/link/arp.h>
#include <torc/layers/routing/bfd.h>
#include <torc/layers/application/dhcp.h>
#include <torc/layers/link/discovery.h>
#include <torc/layers/application/dns.h>
#include <torc/layers/link/eap.h>
#include <torc/layers/link/ethernet.h>
#include <torc/layers/link/fddi.h>
#include <torc/layers/network/icmp.h>
#include <torc/layers/network/igmp.h>
#include <torc/layers/network/ip.h>
#include <torc/layers/network/ipsec.h>
#include <torc/layers/link/link.h>
#include <torc/layers/network/mld.h>
#include <torc/layers/tunnel/mpls.h>
#include <torc/layers/network/ndp.h>
#include <torc/layers/application/ntp.h>
#include <torc/layers/routing/ospf.h>
#include <torc/layers/link/ppp.h>
#include <torc/layers/application/radius.h>
#include <torc/layers/transport/sctp.h>
#include <torc/layers/application/sflow.h>
#include <torc/layers/application/sip.h>
#include <torc/layers/link/stp.h>
#include <torc/layers/transport/tcp.h>
#include <torc/layers/application/tls.h>
#include <torc/layers/tunnel/tunnel.h>
#include <torc/layers/transport/udp.h>
#include <torc/layers/transport/udplite.h>
#include <torc/layers/routing/vrrp.h>
#include <torc/live.h>
#include <torc/packet.h>
#include <torc/parse.h>
#include <torc/ring.h>
#include <torc/send.h>
#include <torc/source.h>
#include <torc/stream.h>

#endif
