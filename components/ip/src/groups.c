/* SPDX-License-Identifier: ISC */
/*
 * Multicast groups, and a device that filters: lwIP says which groups it joins by itself (all systems, the groups of
 * its addresses' solicitations) and for its users. All nodes of IPv6 it takes for granted and joins nowhere.
 */

#include <string.h>

#include <atman/netdev/group.h>

#include "internal.h"

#include "lwip/igmp.h"
#include "lwip/mld6.h"
#include "lwip/prot/ethernet.h"

static const uint8_t all_nodes[AT_NETDEV_MAC_SIZE] = {LL_IP6_MULTICAST_ADDR_0, LL_IP6_MULTICAST_ADDR_1, 0, 0, 0, 1};

static err_t pass_on(struct netif *netif, const uint8_t mac[AT_NETDEV_MAC_SIZE], enum netif_mac_filter_action action)
{
    struct at_ip_interface *interface = (struct at_ip_interface *)netif;

    if (action == NETIF_DEL_MAC_FILTER)
        (void)at_netdev_group_leave(interface->dev, mac);
    else if (at_netdev_group_join(interface->dev, mac) == AT_NO_SPACE)
        interface->is_refused = true;
    interface->dirty = true;
    return ERR_OK; /* lwIP does not look */
}

/* RFC 1112, 6.4 */
static err_t pass_on4(struct netif *netif, const ip4_addr_t *group, enum netif_mac_filter_action action)
{
    const uint8_t mac[AT_NETDEV_MAC_SIZE] = {LL_IP4_MULTICAST_ADDR_0, LL_IP4_MULTICAST_ADDR_1, LL_IP4_MULTICAST_ADDR_2,
                                             ip4_addr2(group) & 0x7f, ip4_addr3(group),        ip4_addr4(group)};

    return pass_on(netif, mac, action);
}

/* RFC 2464, 7 */
static err_t pass_on6(struct netif *netif, const ip6_addr_t *group, enum netif_mac_filter_action action)
{
    uint8_t mac[AT_NETDEV_MAC_SIZE] = {LL_IP6_MULTICAST_ADDR_0, LL_IP6_MULTICAST_ADDR_1};

    memcpy(mac + 2, &group->addr[3], 4);
    return pass_on(netif, mac, action);
}

void at_ip_groups_start(struct at_ip_interface *interface)
{
    if (interface->info->group == NULL)
        return;
    netif_set_igmp_mac_filter(&interface->netif, pass_on4);
    netif_set_mld_mac_filter(&interface->netif, pass_on6);
    (void)pass_on(&interface->netif, all_nodes, NETIF_ADD_MAC_FILTER);
}

void at_ip_groups_stop(struct at_ip_interface *interface)
{
    if (interface->info->group != NULL)
        (void)pass_on(&interface->netif, all_nodes, NETIF_DEL_MAC_FILTER);
}

/*
 * Neighbours ask for an address by its group, which lwIP joins when it begins to use the address, without a word where
 * there is no memory; nobody would ever find that address.
 */
void at_ip_groups_mend(struct at_ip_interface *interface)
{
    struct netif *netif = &interface->netif;

    for (s8_t i = 0; i < LWIP_IPV6_NUM_ADDRESSES; i++) {
        ip6_addr_t group;

        const u8_t state = netif_ip6_addr_state(netif, i);

        if (ip6_addr_isinvalid(state) || ip6_addr_isduplicated(state))
            continue;
        ip6_addr_set_solicitednode(&group, netif_ip6_addr(netif, i)->addr[3]);
        ip6_addr_assign_zone(&group, IP6_MULTICAST, netif);
        if (mld6_lookfor_group(netif, &group) == NULL)
            (void)mld6_joingroup_netif(netif, &group);
    }
}

/* Enters the stack to change a membership of `group`, stored in `address` as well; false if that is no group. */
static bool begin(struct at_ip_interface *interface, ip_addr_t *address, const struct at_ip_address *group)
{
    if (!at_ip_to_lwip(address, group) || group->family == AT_IP_ANY || !ip_addr_ismulticast(address))
        return false;
    at_ip_enter(interface->ip);
    interface->ip->timers_changed = true;
    return true;
}

static err_t leave(struct at_ip_interface *interface, const ip_addr_t *group)
{
    return IP_IS_V6(group) ? mld6_leavegroup_netif(&interface->netif, ip_2_ip6(group))
                           : igmp_leavegroup_netif(&interface->netif, ip_2_ip4(group));
}

at_status at_ip_interface_join(struct at_ip_interface *interface, const struct at_ip_address *group)
{
    ip_addr_t address;
    err_t err;

    if (!begin(interface, &address, group))
        return AT_INVALID;
    interface->is_refused = false;
    err = IP_IS_V6_VAL(address) ? mld6_joingroup_netif(&interface->netif, ip_2_ip6(&address))
                                : igmp_joingroup_netif(&interface->netif, ip_2_ip4(&address));
    if (err == ERR_OK && interface->is_refused)
        (void)leave(interface, &address);
    at_ip_leave(interface->ip);
    return err == ERR_OK && interface->is_refused ? AT_NO_SPACE : at_ip_status(err);
}

at_status at_ip_interface_leave(struct at_ip_interface *interface, const struct at_ip_address *group)
{
    ip_addr_t address;
    err_t err;

    if (!begin(interface, &address, group))
        return AT_INVALID;
    err = leave(interface, &address);
    at_ip_leave(interface->ip);
    return err == ERR_OK ? AT_OK : AT_NOT_FOUND;
}
