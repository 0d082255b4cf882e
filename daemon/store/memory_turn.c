/* How a turn changes the memory, and how it is kept or taken back. */
#include <errno.h>
#include <stdlib.h>

#include "store/memory_internal.h"

#define UNDO_FIRST 64
#define UNDO_KEPT 65536 /* a longer list is freed when its turn ends */

void memory_init(struct memory *memory) {
    *memory = (struct memory){0};
}

/* Room for one more entry of the undo list. */
static int make_room(struct memory *memory) {
    size_t capacity = memory->undo_capacity == 0 ? UNDO_FIRST : memory->undo_capacity * 2;
    struct undo *undo;

    if (memory->undo_count < memory->undo_capacity) {
        return 0;
    }
    undo = reallocarray(memory->undo, capacity, sizeof(*undo)); /* pointers: nothing to wipe */
    if (undo == NULL) {
        return -ENOMEM;
    }
    memory->undo = undo;
    memory->undo_capacity = capacity;
    return 0;
}

/*
 * Sets what stands under a key; what stood there before the turn goes to the undo list. A version
 * or an event that came and went in this turn leaves nothing: a clock that is moved far makes a
 * million of them, and a walk would pass over all of them.
 */
static void set_record(struct memory *memory, struct node *node, struct block *block) {
    struct block *before = take_record(memory, node);

    if (node->undo_at == 0) {
        memory->undo[memory->undo_count++] = (struct undo){node, before};
        node->undo_at = (uint32_t)memory->undo_count;
    } else {
        block_free(memory, node->table, before);
    }
    if (block == NULL && node->table >= TABLE_VERSIONS &&
            memory->undo[node->undo_at - 1].before == NULL) {
        struct undo *last = &memory->undo[--memory->undo_count];

        last->node->undo_at = node->undo_at;
        memory->undo[node->undo_at - 1] = *last;
        remove_node(memory, node);
        return;
    }
    give_record(memory, node, block);
}

int memory_put_node(struct memory *memory, enum table table, struct span key, struct span record,
        struct node **ret_node) {
    struct place place;
    struct node *node = find_node(memory, table, key, &place);
    struct block *block = make_room(memory) == 0 ? block_new(memory, table, record) : NULL;

    if (block == NULL) {
        return -ENOMEM;
    }
    if (node == NULL) {
        node = add_node(memory, table, key, &place);
    }
    if (node == NULL) {
        block_free(memory, table, block);
        return -ENOMEM;
    }
    set_record(memory, node, block);
    *ret_node = node;
    return 0;
}

int memory_put(struct memory *memory, enum table table, struct span key, struct span record) {
    struct node *node;

    return memory_put_node(memory, table, key, record, &node);
}

int memory_delete(struct memory *memory, enum table table, struct span key) {
    struct place place;
    struct node *node = find_node(memory, table, key, &place);

    if (node == NULL || node->record == NULL) {
        return 0;
    }
    if (make_room(memory) != 0) {
        return -ENOMEM;
    }
    set_record(memory, node, NULL);
    return 0;
}

bool memory_is_changed(const struct memory *memory) {
    return memory->undo_count > 0 || memory->before != NULL;
}

static void end_turn(struct memory *memory) {
    memory->undo_count = 0;
    if (memory->undo_capacity > UNDO_KEPT) {
        free(memory->undo);
        memory->undo = NULL;
        memory->undo_capacity = 0;
    }
}

int memory_clear(struct memory *memory) {
    struct memory *before = malloc(sizeof(*before));

    if (before == NULL) {
        return -ENOMEM;
    }
    *before = *memory;
    memory_init(memory);
    memory->before = before;
    return 0;
}

static void forget_before(struct memory *memory) {
    if (memory->before != NULL) {
        memory_deinit(memory->before);
        free(memory->before);
        memory->before = NULL;
    }
}

/* Takes the place of what was cleared and of what came since. */
static void return_before(struct memory *memory) {
    struct memory *before = memory->before;

    memory->before = NULL;
    memory_deinit(memory);
    *memory = *before;
    free(before);
}

void memory_keep(struct memory *memory) {
    for (size_t at = 0; at < memory->undo_count; at++) {
        struct node *node = memory->undo[at].node;

        block_free(memory, node->table, memory->undo[at].before);
        node->undo_at = 0;
        if (node->record == NULL) {
            remove_node(memory, node);
        }
    }
    forget_before(memory);
    end_turn(memory);
}

void memory_undo(struct memory *memory) {
    if (memory->before != NULL) {
        return_before(memory);
        return;
    }
    while (memory->undo_count > 0) {
        struct undo undo = memory->undo[--memory->undo_count];

        block_free(memory, undo.node->table, take_record(memory, undo.node));
        give_record(memory, undo.node, undo.before);
        undo.node->undo_at = 0;
        if (undo.before == NULL) {
            remove_node(memory, undo.node);
        }
    }
    end_turn(memory);
}

void memory_swap_turn(struct memory *memory) {
    for (size_t at = 0; at < memory->undo_count; at++) {
        struct undo *undo = &memory->undo[at];
        struct block *block = take_record(memory, undo->node);

        give_record(memory, undo->node, undo->before);
        undo->before = block;
    }
}

void memory_deinit(struct memory *memory) {
    for (size_t at = 0; at < memory->undo_count; at++) {
        block_free(memory, memory->undo[at].node->table, memory->undo[at].before);
    }
    forget_before(memory);
    free_tables(memory);
    free(memory->undo);
    memory_init(memory);
}
