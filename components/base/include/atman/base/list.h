/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_BASE_LIST_H
#define ATMAN_BASE_LIST_H

/*
 * Intrusive doubly linked list: the node is a member of whatever is listed, so linking needs no memory and cannot fail.
 *
 *     struct job { int id; struct at_list_node node; };
 *     at_list_push_back(&queue, &job->node);
 *     struct job *first = AT_CONTAINER_OF(at_list_first(&queue), struct job, node);
 *
 * A list owns nothing: what is listed must outlive its time in the list, and neither it nor the list may move then. A
 * node is in one list at most. Every operation is O(1). Misuse that can be seen (linking a linked node, removing an
 * unlinked one, neighbours that do not point back) panics, so that a corrupted list is never walked.
 *
 * Not for: sorted or keyed access, or sharing with another CPU.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A place in a list. Zero it before its first use; zero means "in no list", and removal makes it so again. */
struct at_list_node {
    struct at_list_node *next;
    struct at_list_node *prev;
};

/* A list. at_list_init() before use; the members belong to the functions below. */
struct at_list {
    struct at_list_node head; /* next is the first element, prev the last; both are the head itself when empty */
};

/* at_list_init makes `list` empty, whatever it held. */
void at_list_init(struct at_list *list);

/* at_list_push_back makes `node`, which must be in no list, the last of `list`. */
void at_list_push_back(struct at_list *list, struct at_list_node *node);

/* at_list_push_front makes `node`, which must be in no list, the first of `list`. */
void at_list_push_front(struct at_list *list, struct at_list_node *node);

/* at_list_insert_before puts `node`, which must be in no list, just before `place`, which must be in one. */
void at_list_insert_before(struct at_list_node *place, struct at_list_node *node);

/* at_list_remove takes `node` out of the list it is in. */
void at_list_remove(struct at_list_node *node);

/* at_list_pop_front takes the first node out of `list` and returns it, or NULL when the list is empty. */
struct at_list_node *at_list_pop_front(struct at_list *list);

/* at_list_is_empty returns whether `list` has no node. */
static inline bool at_list_is_empty(const struct at_list *list)
{
    return list->head.next == &list->head;
}

/* at_list_is_linked returns whether `node` is in a list. */
static inline bool at_list_is_linked(const struct at_list_node *node)
{
    return node->next != NULL;
}

/* at_list_first returns the first node, which stays in `list`, or NULL when the list is empty. */
static inline struct at_list_node *at_list_first(const struct at_list *list)
{
    return at_list_is_empty(list) ? NULL : list->head.next;
}

/*
 * at_list_next returns the node after `node` in `list`, or NULL after the last. To remove while walking, take the next
 * one first.
 */
static inline struct at_list_node *at_list_next(const struct at_list *list, const struct at_list_node *node)
{
    return node->next == &list->head ? NULL : node->next;
}

#ifdef __cplusplus
}
#endif

/*
 * AT_CONTAINER_OF gives the `type *` whose member `member` is at `pointer`, which must not be NULL. A pointer to
 * something else than that member's type does not compile.
 */
#define AT_CONTAINER_OF(pointer, type, member) \
    ((type *)((uintptr_t)(pointer)-offsetof(type, member) + 0 * sizeof((pointer) == &((type *)0)->member)))

#endif /* ATMAN_BASE_LIST_H */
