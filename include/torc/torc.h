/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/torc.h - every public header of the library */
#ifndef TORC_TORC_H
#define TORC_TORC_H

#include <torc/base.h>
#include <torc/checksum.h>
#include <torc/cluster.h>
#include <torc/decode.h>
#include <torc/device.h>
#include <torc/file.h>
#include <torc/filter.h>
#include <torc/flow.h>
#include <torc/layer.h>
#include <torc/layers/arp.h>
#include <torc/layers/bfd.h>
#include <torc/layers/dhcp.h>
#include <torc/layers/discovery.h>
#include <torc/layers/dns.h>
#include <torc/layers/eap.h>
#include <torc/layers/ethernet.h>
#include <torc/layers/fddi.h>
#include <torc/layers/icmp.h>
#include <torc/layers/igmp.h>
#include <torc/layers/ip.h>
#include <torc/layers/ipsec.h>
#include <torc/layers/link.h>
#include <torc/layers/mld.h>
#include <torc/layers/mpls.h>
#include <torc/layers/ndp.h>
#include <torc/layers/ntp.h>
#include <torc/layers/ospf.h>
#include <torc/layers/ppp.h>
#include <torc/layers/radius.h>
#include <torc/layers/sctp.h>
#include <torc/layers/sflow.h>
#include <torc/layers/sip.h>
#include <torc/layers/stp.h>
#include <torc/layers/tcp.h>
#include <torc/layers/tls.h>
#include <torc/layers/tunnel.h>
#include <torc/layers/udp.h>
#include <torc/layers/udplite.h>
#include <torc/layers/vrrp.h>
#include <torc/live.h>
#include <torc/packet.h>
#include <torc/parse.h>
#include <torc/ring.h>
#include <torc/send.h>
#include <torc/source.h>

#endif
