/* SPDX-License-Identifier: ISC */
#include <atman/lifecycle/hooks.h>

#include <stddef.h>

static struct at_lifecycle_hook *hook_forward(struct at_list_node *node)
{
    return node == NULL ? NULL : AT_CONTAINER_OF(node, struct at_lifecycle_hook, forward);
}

static struct at_lifecycle_hook *hook_backward(struct at_list_node *node)
{
    return node == NULL ? NULL : AT_CONTAINER_OF(node, struct at_lifecycle_hook, backward);
}

static struct at_lifecycle_hook *first(const struct at_lifecycle_hooks *hooks)
{
    return hook_forward(at_list_first(&hooks->forward));
}

static struct at_lifecycle_hook *next(const struct at_lifecycle_hooks *hooks, const struct at_lifecycle_hook *hook)
{
    return hook_forward(at_list_next(&hooks->forward, &hook->forward));
}

static struct at_lifecycle_hook *last(const struct at_lifecycle_hooks *hooks)
{
    return hook_backward(at_list_first(&hooks->backward));
}

static struct at_lifecycle_hook *previous(const struct at_lifecycle_hooks *hooks, const struct at_lifecycle_hook *hook)
{
    return hook_backward(at_list_next(&hooks->backward, &hook->backward));
}

void at_lifecycle_hooks_init(struct at_lifecycle_hooks *hooks)
{
    at_list_init(&hooks->forward);
    at_list_init(&hooks->backward);
}

void at_lifecycle_hook_add(struct at_lifecycle_hooks *hooks, struct at_lifecycle_hook *hook)
{
    at_list_push_back(&hooks->forward, &hook->forward);
    at_list_push_front(&hooks->backward, &hook->backward);
}

void at_lifecycle_hook_remove(struct at_lifecycle_hook *hook)
{
    at_list_remove(&hook->forward);
    at_list_remove(&hook->backward);
}

at_status at_lifecycle_hooks_end(struct at_lifecycle_hooks *hooks, struct at_wait wait, uint64_t deadline_ns)
{
    for (struct at_lifecycle_hook *hook = last(hooks); hook != NULL; hook = previous(hooks, hook)) {
        if (at_wait_now(wait) >= deadline_ns)
            return AT_TIMED_OUT;
        if (hook->end != NULL)
            hook->end(hook->ctx, deadline_ns);
    }
    return AT_OK;
}

/* Calls resume() of `hook` and of those added after it. */
static void resume_from(struct at_lifecycle_hooks *hooks, struct at_lifecycle_hook *hook,
                        enum at_lifecycle_resumption how)
{
    for (; hook != NULL; hook = next(hooks, hook)) {
        if (hook->resume != NULL)
            hook->resume(hook->ctx, how);
    }
}

at_status at_lifecycle_hooks_suspend(struct at_lifecycle_hooks *hooks, const char **refused, uint64_t deadline_ns)
{
    for (struct at_lifecycle_hook *hook = last(hooks); hook != NULL; hook = previous(hooks, hook)) {
        at_status status = hook->suspend != NULL ? hook->suspend(hook->ctx, deadline_ns) : AT_OK;

        if (status != AT_OK) {
            resume_from(hooks, next(hooks, hook), AT_LIFECYCLE_CANCELLED);
            if (refused != NULL)
                *refused = hook->name;
            return status;
        }
    }
    return AT_OK;
}

void at_lifecycle_hooks_resume(struct at_lifecycle_hooks *hooks, enum at_lifecycle_resumption how)
{
    resume_from(hooks, first(hooks), how);
}

at_status at_lifecycle_hooks_reconnect(struct at_lifecycle_hooks *hooks, uint64_t deadline_ns)
{
    at_status result = AT_OK;

    for (struct at_lifecycle_hook *hook = first(hooks); hook != NULL; hook = next(hooks, hook)) {
        at_status status = hook->reconnect != NULL ? hook->reconnect(hook->ctx, deadline_ns) : AT_OK;

        if (result == AT_OK)
            result = status;
    }
    return result;
}
