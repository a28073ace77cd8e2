/* SPDX-License-Identifier: ISC */
/* Devices as lwIP's interfaces, and the addresses they get. */

#include <string.h>

#include "internal.h"

#include "lwip/dhcp.h"
#include "lwip/dhcp6.h"
#include "lwip/dns.h"
#include "lwip/etharp.h"
#include "lwip/ethip6.h"
#include "lwip/igmp.h"

/* Checksums that lwIP makes and checks for a device: UDP's always, since lwIP may send it in fragments. */
static uint16_t checks_of(const struct at_netdev_info *info)
{
    bool offloads = (info->features & AT_NETDEV_TX_CSUM4) != 0 && (info->features & AT_NETDEV_TX_CSUM6) != 0;

    return NETIF_CHECKSUM_ENABLE_ALL & (offloads ? (uint16_t)~NETIF_CHECKSUM_GEN_TCP : UINT16_MAX);
}

static err_t init_netif(struct netif *netif)
{
    struct at_ip_interface *interface = (struct at_ip_interface *)netif;

    netif->name[0] = 'e';
    netif->name[1] = 'n';
    netif->output = etharp_output;
    netif->output_ip6 = ethip6_output;
    netif->linkoutput = at_ip_transmit;
    netif->mtu = interface->info->mtu;
    netif->hwaddr_len = AT_NETDEV_MAC_SIZE;
    memcpy(netif->hwaddr, interface->info->mac, AT_NETDEV_MAC_SIZE);
    netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET | NETIF_FLAG_IGMP | NETIF_FLAG_MLD6;
    NETIF_SET_CHECKSUM_CTRL(netif, interface->checks);
    at_ip_groups_start(interface);
    return ERR_OK;
}

/* lwIP wants a function here; frames go to its protocols directly (rx.c). */
static err_t no_input(struct pbuf *p, struct netif *netif)
{
    (void)netif;
    pbuf_free(p);
    return ERR_OK;
}

static bool are_valid(const struct at_ip_settings *settings)
{
    uint8_t own = settings->address.family, gateway = settings->gateway.family;

    return (own == AT_IP_ANY || own == AT_IP_V4) &&
           (gateway == AT_IP_ANY || (gateway == AT_IP_V4 && own == AT_IP_V4)) && settings->prefix <= 32 &&
           !(own == AT_IP_V4 && settings->dhcp) &&
           (settings->address6.family == AT_IP_ANY || settings->address6.family == AT_IP_V6);
}

static void set_address4(struct netif *netif, const struct at_ip_settings *settings)
{
    uint32_t mask = settings->prefix == 0 ? 0 : UINT32_MAX << (32 - settings->prefix);
    ip4_addr_t address, netmask = {lwip_htonl(mask)}, gateway = {0};

    memcpy(&address, settings->address.bytes, sizeof(address));
    if (settings->gateway.family == AT_IP_V4)
        memcpy(&gateway, settings->gateway.bytes, sizeof(gateway));
    netif_set_addr(netif, &address, &netmask, &gateway);
}

static err_t start6(struct netif *netif, const struct at_ip_settings *settings)
{
    ip_addr_t address;
    s8_t index;

    if (settings->address6.family == AT_IP_V6) {
        at_ip_to_lwip(&address, &settings->address6);
        netif_add_ip6_address(netif, ip_2_ip6(&address), &index); /* the first: there is room */
        netif_ip6_addr_set_state(netif, index, IP6_ADDR_TENTATIVE);
    }
    if (!settings->ipv6)
        return ERR_OK;
    netif_create_ip6_linklocal_address(netif, 1);
    netif_set_ip6_autoconfig_enabled(netif, 1);
    return dhcp6_enable_stateless(netif);
}

static void set_dns(const struct at_ip_settings *settings)
{
    for (u8_t i = 0; i < AT_IP_DNS_SERVERS_MAX && settings->dns[i].family != AT_IP_ANY; i++) {
        ip_addr_t server;

        if (at_ip_to_lwip(&server, &settings->dns[i]))
            dns_setserver(i, &server);
    }
}

static void link_last(struct at_ip *ip, struct at_ip_interface *interface)
{
    struct at_ip_interface **last = &ip->interfaces;

    while (*last != NULL)
        last = &(*last)->next;
    *last = interface;
}

static err_t start(struct at_ip_interface *interface, const struct at_ip_settings *settings)
{
    struct netif *netif = &interface->netif;
    err_t err;

    netif_add_noaddr(netif, NULL, init_netif, no_input);
    link_last(interface->ip, interface);
    if (netif_default == NULL)
        netif_set_default(netif);
    if (settings->address.family == AT_IP_V4)
        set_address4(netif, settings);
    netif_set_link_up(netif);
    netif_set_up(netif);
    set_dns(settings);
    err = start6(netif, settings);
    if (err == ERR_OK && netif_igmp_data(netif) == NULL)
        err = ERR_MEM; /* the group of all systems, without which no router asks for others */
    if (err == ERR_OK && settings->dhcp)
        err = dhcp_start(netif);
    return err;
}

at_status at_ip_interface_add(struct at_ip *ip, struct at_ip_interface **out, struct at_netdev dev,
                              const struct at_ip_settings *settings)
{
    struct at_ip_interface *interface;
    err_t err;

    if (!are_valid(settings))
        return AT_INVALID;
    interface = at_mm_heap_alloc(ip->config.heap, sizeof(*interface));
    if (interface == NULL)
        return AT_NO_MEMORY;
    memset(interface, 0, sizeof(*interface));
    interface->ip = ip;
    interface->dev = dev;
    interface->info = at_netdev_info(dev);
    interface->checks = checks_of(interface->info);
    at_ip_enter(ip);
    ip->timers_changed = true;
    err = start(interface, settings);
    if (err != ERR_OK)
        at_ip_interface_drop(interface);
    at_ip_leave(ip);
    if (err != ERR_OK)
        return AT_NO_MEMORY;
    *out = interface;
    return AT_OK;
}

void at_ip_loopback_drop(struct netif *netif)
{
    if (netif->loop_first != NULL)
        pbuf_free(netif->loop_first);
    netif->loop_first = netif->loop_last = NULL;
}

/* Takes the interface out of lwIP. Nothing of its device's is held. */
void at_ip_interface_drop(struct at_ip_interface *interface)
{
    struct at_ip *ip = interface->ip;
    struct at_ip_interface **place = &ip->interfaces;

    while (*place != interface)
        place = &(*place)->next;
    dhcp_release_and_stop(&interface->netif);
    dhcp_cleanup(&interface->netif);
    dhcp6_disable(&interface->netif);
    dhcp6_cleanup(&interface->netif);
    at_ip_loopback_drop(&interface->netif); /* also the last word to a DHCP server that names our address as its own */
    at_ip_transmit_done(interface);
    netif_remove(&interface->netif);
    at_ip_groups_stop(interface);
    if (interface->dirty)
        at_netdev_flush(interface->dev);
    at_ip_transmit_abandon(interface);
    *place = interface->next;
    at_mm_heap_free(ip->config.heap, interface);
}

uint8_t at_ip_interface_number(const struct at_ip_interface *interface)
{
    return netif_get_index(&interface->netif);
}

struct at_ip_interface *at_ip_interface_first(const struct at_ip *ip)
{
    return ip->interfaces;
}

struct at_ip_interface *at_ip_interface_next(const struct at_ip_interface *interface)
{
    return interface->next;
}

at_status at_ip_interface_address(const struct at_ip_interface *interface, struct at_ip_address *address,
                                  enum at_ip_family family)
{
    const struct netif *netif = &interface->netif;
    at_status status = AT_NOT_FOUND;

    if (family == AT_IP_V4) {
        if (ip4_addr_isany_val(*netif_ip4_addr(netif)))
            return AT_NOT_FOUND;
        at_ip_from_lwip(address, netif_ip_addr4(netif));
        return AT_OK;
    }
    for (s8_t i = 0; family == AT_IP_V6 && i < LWIP_IPV6_NUM_ADDRESSES; i++) {
        if (!ip6_addr_isvalid(netif_ip6_addr_state(netif, i)))
            continue;
        at_ip_from_lwip(address, netif_ip_addr6(netif, i));
        status = AT_OK;
        if (!ip6_addr_islinklocal(netif_ip6_addr(netif, i)))
            break;
    }
    return status;
}

static bool has_address(const struct at_ip_interface *interface, enum at_ip_family family)
{
    struct at_ip_address address;

    return (family != AT_IP_V6 && at_ip_interface_address(interface, &address, AT_IP_V4) == AT_OK) ||
           (family != AT_IP_V4 && at_ip_interface_address(interface, &address, AT_IP_V6) == AT_OK);
}

/* lwIP's word that an address came, went or became usable. */
static void status_changed(struct netif *netif)
{
    at_ip_stop(((struct at_ip_interface *)netif)->ip);
}

static void tell_of_status(struct at_ip_interface *interface, netif_status_callback_fn callback)
{
    at_ip_enter(interface->ip);
    netif_set_status_callback(&interface->netif, callback);
    at_ip_leave(interface->ip);
}

at_status at_ip_interface_wait(struct at_ip_interface *interface, enum at_ip_family family, uint64_t deadline_ns)
{
    at_status status = AT_OK;

    tell_of_status(interface, status_changed);
    while (status == AT_OK && !has_address(interface, family))
        status = at_ip_run(interface->ip, deadline_ns);
    tell_of_status(interface, NULL);
    return status;
}

void at_ip_interface_stats(const struct at_ip_interface *interface, struct at_ip_stats *stats)
{
    *stats = interface->stats;
}
