#include <libdeflate.h>
#include <stdlib.h>

#include "store/memory_internal.h"

#define FOUND_MIN 1024     /* places */
#define DELETION_BYTES 192 /* to delete a secret in a journal, without its names: at most */

struct span node_key(const struct node *node) {
    return (struct span){(const char *)(node + 1), node->key_len};
}

struct span node_record(const struct node *node) {
    return (struct span){node->record->bytes, node->record->len};
}

instant node_due(const struct node *node) {
    return secret_of(node)->due;
}

RB_GENERATE(node_tree, node, by_key, compare_keys)
RB_GENERATE(due_tree, secret_node, by_due, compare_due)

static void *take_heap(struct memory *memory, enum table table, size_t len) {
    void *place = pool_take(&memory->pools[table], len);

    if (place != NULL) {
        memory->heap_bytes += pool_object_bytes(len);
    }
    return place;
}

static void return_heap(struct memory *memory, enum table table, void *place, size_t len) {
    memory->heap_bytes -= pool_object_bytes(len);
    pool_give(&memory->pools[table], place, len);
}

struct block *block_new(struct memory *memory, enum table table, struct span record) {
    struct block *block = take_heap(memory, table, sizeof(*block) + record.len);

    if (block != NULL) {
        block->len = (uint32_t)record.len;
        if (record.len > 0) { /* data may be NULL */
            memcpy(block->bytes, record.data, record.len);
        }
    }
    return block;
}

void block_free(struct memory *memory, enum table table, struct block *block) {
    if (block != NULL) {
        size_t len = sizeof(*block) + block->len;

        explicit_bzero(block->bytes, block->len);
        return_heap(memory, table, block, len);
    }
}

/*
 * Where a secret of that name is remembered. NULL: no memory. The table has FOUND_MIN places, or
 * one to eight for each secret; look-ups fill a new table again.
 */
static struct node **found_place(struct memory *memory, struct span name) {
    size_t capacity = memory->found_capacity;
    uint64_t count = memory->counts[TABLE_SECRETS];
    struct node **found;

    if (capacity <= count || (capacity > FOUND_MIN && capacity / 8 > count)) {
        for (capacity = FOUND_MIN; capacity <= count; capacity *= 2) {
        }
        found = calloc(capacity, sizeof(struct node *));
        if (found != NULL) {
            free(memory->found);
            memory->found = found;
            memory->found_capacity = capacity;
        }
    }
    return memory->found == NULL ? NULL
                                 : &memory->found[libdeflate_crc32(0, name.data, name.len) &
                                                  (memory->found_capacity - 1)];
}

struct node *find_node(
        struct memory *memory, enum table table, struct span key, struct place *ret_place) {
    struct node *last = memory->last[table];
    struct node *node = RB_ROOT(&memory->tables[table]);
    struct node **found;

    *ret_place = (struct place){last, 1};
    if (last == NULL || span_compare(key, node_key(last)) > 0) {
        return NULL; /* as most new keys are: events, and all keys of a rewritten journal */
    }
    found = table == TABLE_SECRETS ? found_place(memory, key) : NULL;
    if (found != NULL && *found != NULL && span_equals(node_key(*found), key)) {
        return *found;
    }
    while (node != NULL) {
        int order;

        fetch_ahead(RB_LEFT(node, by_key));
        fetch_ahead(RB_RIGHT(node, by_key));
        order = span_compare(key, node_key(node));
        if (order == 0) {
            if (found != NULL) {
                *found = node;
            }
            return node;
        }
        *ret_place = (struct place){node, order};
        node = order < 0 ? RB_LEFT(node, by_key) : RB_RIGHT(node, by_key);
    }
    return NULL;
}

/* Links the node into the tree at this free place. */
static void link_node(struct memory *memory, struct node *node, const struct place *place) {
    struct node_tree *tree = &memory->tables[node->table];

    RB_SET(node, place->above, by_key);
    if (place->above == NULL) {
        RB_ROOT(tree) = node;
    } else if (place->order < 0) {
        RB_LEFT(place->above, by_key) = node;
    } else {
        RB_RIGHT(place->above, by_key) = node;
    }
    node_tree_RB_INSERT_COLOR(tree, node);
    if (place->above == memory->last[node->table] && place->order > 0) {
        memory->last[node->table] = node;
    }
}

/* How many bytes of its object precede a node. */
static size_t bytes_before(unsigned int table) {
    return table == TABLE_SECRETS ? offsetof(struct secret_node, node) : 0;
}

struct node *add_node(
        struct memory *memory, enum table table, struct span key, const struct place *place) {
    size_t before = bytes_before(table);
    char *object = take_heap(memory, table, before + sizeof(struct node) + key.len);
    struct node *node;

    if (object == NULL) {
        return NULL;
    }
    node = (struct node *)(object + before);
    *node = (struct node){.key_len = (uint16_t)key.len, .table = (uint8_t)table};
    memcpy(node + 1, key.data, key.len);
    link_node(memory, node, place);
    return node;
}

static void free_node(struct memory *memory, struct node *node) {
    size_t before = bytes_before(node->table);

    return_heap(memory, (enum table)node->table, (char *)node - before,
            before + sizeof(*node) + node->key_len);
}

void remove_node(struct memory *memory, struct node *node) {
    if (node->table == TABLE_SECRETS) {
        struct node **place = found_place(memory, node_key(node));

        if (place != NULL && *place == node) {
            *place = NULL;
        }
    }
    if (memory->last[node->table] == node) {
        memory->last[node->table] = RB_PREV(node_tree, NULL, node);
    }
    RB_REMOVE(node_tree, &memory->tables[node->table], node);
    free_node(memory, node);
}

/* What deleting an entry takes in a journal: of a secret also its tombstone, its event, the clock
 * and the frame. */
static uint64_t deletion_bytes(const struct node *node) {
    uint64_t own = CHANGE_HEAD_BYTES + node->key_len;

    if (node->table == TABLE_EVENTS) {
        return 0;
    }
    return node->table == TABLE_SECRETS ? 3 * own + DELETION_BYTES : own;
}

static uint64_t lasting_bytes(const struct node *node, const struct block *block) {
    return node->table == TABLE_SECRETS || node->table == TABLE_VERSIONS
                   ? 0
                   : CHANGE_HEAD_BYTES + node->key_len + block->len;
}

struct block *take_record(struct memory *memory, struct node *node) {
    struct block *block = node->record;

    node->record = NULL;
    if (block == NULL) {
        return NULL;
    }
    memory->counts[node->table] -= 1;
    memory->without_value -= node->table == TABLE_SECRETS && !node->has_value;
    memory->live_bytes -= CHANGE_HEAD_BYTES + node->key_len + block->len;
    memory->deletion_bytes -= deletion_bytes(node);
    memory->lasting_bytes -= lasting_bytes(node, block);
    if (node->is_due && !memory->is_loading) {
        RB_REMOVE(due_tree, &memory->due, secret_of(node));
    }
    node->is_due = false;
    return block;
}

void give_record(struct memory *memory, struct node *node, struct block *block) {
    node->record = block;
    if (block == NULL) {
        return;
    }
    memory->counts[node->table] += 1;
    memory->live_bytes += CHANGE_HEAD_BYTES + node->key_len + block->len;
    memory->deletion_bytes += deletion_bytes(node);
    memory->lasting_bytes += lasting_bytes(node, block);
    if (node->table == TABLE_SECRETS) {
        struct secret_node *secret = secret_of(node);
        struct secret_facts facts = record_secret_facts(node_record(node));

        secret->due = facts.due_at;
        node->is_due = facts.has_due;
        node->has_value = facts.has_value;
        memory->without_value += !facts.has_value;
        if (node->is_due && !memory->is_loading) {
            RB_INSERT(due_tree, &memory->due, secret);
        }
    }
}

bool memory_get(struct memory *memory, enum table table, struct span key, struct node **ret_node) {
    struct place place;
    struct node *node = find_node(memory, table, key, &place);

    if (node == NULL || node->record == NULL) {
        return false;
    }
    *ret_node = node;
    return true;
}

static struct node *skip_deleted(struct node *node) {
    while (node != NULL && node->record == NULL) {
        node = RB_NEXT(node_tree, NULL, node);
    }
    return node;
}

struct node *memory_seek(struct memory *memory, enum table table, struct span from) {
    struct node *node = RB_ROOT(&memory->tables[table]);
    struct node *found = NULL;

    while (node != NULL) {
        if (span_compare(from, node_key(node)) <= 0) {
            found = node;
            node = RB_LEFT(node, by_key);
        } else {
            node = RB_RIGHT(node, by_key);
        }
    }
    return skip_deleted(found);
}

struct node *memory_next(struct node *node) {
    return skip_deleted(RB_NEXT(node_tree, NULL, node));
}

struct node *memory_last(struct memory *memory, enum table table) {
    struct node *node = memory->last[table];

    while (node != NULL && node->record == NULL) {
        node = RB_PREV(node_tree, NULL, node);
    }
    return node;
}

struct node *memory_seek_due(struct memory *memory, instant due, struct span from) {
    struct secret_node *secret = RB_ROOT(&memory->due);
    struct node *found = NULL;

    while (secret != NULL) {
        int order = compare_instants(due, secret->due);

        if (order < 0 || (order == 0 && span_compare(from, node_key(&secret->node)) <= 0)) {
            found = &secret->node;
            secret = RB_LEFT(secret, by_due);
        } else {
            secret = RB_RIGHT(secret, by_due);
        }
    }
    return found;
}

struct node *memory_next_due(struct node *node) {
    struct secret_node *next = RB_NEXT(due_tree, NULL, secret_of(node));

    return next == NULL ? NULL : &next->node;
}

/* Shallow recursion: the longest path in such a tree is at most twice the shortest. */
static void free_tree(struct memory *memory, struct node *node) {
    if (node != NULL) {
        free_tree(memory, RB_LEFT(node, by_key));
        free_tree(memory, RB_RIGHT(node, by_key));
        block_free(memory, (enum table)node->table, node->record);
        free_node(memory, node);
    }
}

void free_tables(struct memory *memory) {
    for (enum table table = 0; table < TABLE_COUNT; table++) {
        if (memory->pools[table].large_count > 0) { /* else pool_deinit() frees them all */
            free_tree(memory, RB_ROOT(&memory->tables[table]));
        }
        pool_deinit(&memory->pools[table]);
    }
    free(memory->found);
}
