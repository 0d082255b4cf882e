/*
 * The state in plain memory: tables of records by key, the index of what is due, and the list that
 * takes a turn back.
 *
 * A table is a red-black tree (libbsd's sys/tree.h). Beside the tree of secrets stands a table of
 * places that remembers where a name was found last: at a million names a look-up in the tree
 * alone takes twice as long. It forgets a name when another one takes its place, so it never has
 * to be moved as a whole, which would stop the loop.
 *
 * What is handed out points into the memory. A record is valid until the next change under its
 * key, or until memory_keep() or memory_undo(); an entry until one of these, but for events and
 * older versions, which may be gone when they are deleted. All records are wiped when they are
 * freed.
 *
 * Functions return 0 or -ENOMEM, and then nothing was changed.
 */
#ifndef GHOSTKEYD_STORE_MEMORY_H
#define GHOSTKEYD_STORE_MEMORY_H

#include <bsd/sys/tree.h>

#include "store/pool.h"
#include "store/record.h"

struct block; /* one record on the heap */

/* The key stands behind the node. */
struct node {
    RB_ENTRY(node) by_key;
    struct block *record; /* NULL: deleted in this turn */
    uint32_t undo_at; /* from 1: the undo list has what stood here before the turn; 0: it has not */
    uint16_t key_len;
    uint8_t table;
    bool is_due : 1;    /* it is in the index of what is due */
    bool has_value : 1; /* of a secret: secret_has_value() */
};

RB_HEAD(node_tree, node);
RB_HEAD(due_tree, secret_node);

struct undo {
    struct node *node;
    struct block *before;
};

struct memory {
    struct pool pools[TABLE_COUNT]; /* of each table, for its nodes and records */
    struct node_tree tables[TABLE_COUNT];
    struct node *last[TABLE_COUNT]; /* of each table; deleted in this turn, maybe */
    uint64_t counts[TABLE_COUNT];
    uint64_t without_value; /* of the secrets */
    struct due_tree due;
    struct node **found;
    size_t found_capacity;
    struct undo *undo;
    size_t undo_count;
    size_t undo_capacity;
    uint64_t heap_bytes;
    uint64_t live_bytes;     /* of a journal that holds all of this and nothing else */
    uint64_t deletion_bytes; /* of the changes that delete all of it */
    uint64_t lasting_bytes;  /* of live_bytes, what no deletion removes, such as tombstones */
    struct memory *before;   /* what was there before this turn cleared it; NULL: it did not */
    bool is_loading;
    struct node *oldest_event; /* while it is loading: behind the one that was deleted last */
};

void memory_init(struct memory *memory);
void memory_deinit(struct memory *memory);

int memory_put(struct memory *memory, enum table table, struct span key, struct span record);
/* The same; *ret_node has the record. */
int memory_put_node(struct memory *memory, enum table table, struct span key, struct span record,
        struct node **ret_node);
int memory_delete(struct memory *memory, enum table table, struct span key); /* if it is there */
bool memory_get(struct memory *memory, enum table table, struct span key, struct node **ret_node);

/* The first entry whose key is `from` or comes after it, and the one after an entry; NULL: none. */
struct node *memory_seek(struct memory *memory, enum table table, struct span from);
struct node *memory_next(struct node *node);
struct node *memory_last(struct memory *memory, enum table table);
struct span node_key(const struct node *node);
struct span node_record(const struct node *node);

/*
 * Secrets with a TTL, by (due, name). The first one whose expiry fires at or after `due`, and whose
 * name is not before `from`; and the one after an entry.
 */
struct node *memory_seek_due(struct memory *memory, instant due, struct span from);
struct node *memory_next_due(struct node *node);
instant node_due(const struct node *node);

/* Takes all away. It is the first change of a turn. */
int memory_clear(struct memory *memory);

bool memory_is_changed(const struct memory *memory);
void memory_keep(struct memory *memory);
void memory_undo(struct memory *memory);

/*
 * Reads a journal: up to MEMORY_AHEAD sound changes at once. What one of them did is not taken
 * back, and nothing is in the index of what is due until the end.
 */
#define MEMORY_AHEAD 32
void memory_begin_loading(struct memory *memory);
int memory_load(struct memory *memory, const struct change *changes, size_t count);
void memory_end_loading(struct memory *memory);

/* Has the memory be as before the turn, until it is called again. Not after memory_clear(). */
void memory_swap_turn(struct memory *memory);

#endif
