#include "store/check.h"

#include "store/check_tree.h"
#include "store/record.h"
#include "store/tables.h"
#include <errno.h>
#include <stdlib.h>

#define META_OFFSET 16 /* behind the page's header */
#define META_MAGIC 0xbeefc0deu
#define META_VERSION 1
#define META_PAGE_FLAG 0x08
#define META_COUNT 2
#define FREE_TREE_FLAGS 0x4008 /* integer keys; and MDB_NOSUBDIR, which LMDB keeps here */

struct meta {
    uint32_t magic;
    uint32_t version;
    uint64_t address;
    uint64_t map_bytes;
    struct check_tree free_tree;
    struct check_tree main_tree;
    uint64_t last_page;
    uint64_t txn;
};

_Static_assert(sizeof(struct check_tree) == 48, "a tree is not laid out as LMDB does");
_Static_assert(sizeof(struct meta) == 136, "a meta page is not laid out as LMDB does");

static bool read_meta(struct check_file *file, size_t at, struct meta *ret_meta) {
    const unsigned char *page = file->bytes + at * CHECK_PAGE_BYTES;
    uint64_t number;
    uint16_t flags;
    struct meta meta;

    memcpy(&number, page, sizeof(number));
    memcpy(&flags, page + 10, sizeof(flags));
    memcpy(&meta, page + META_OFFSET, sizeof(meta));
    if (number != at || flags != META_PAGE_FLAG || meta.magic != META_MAGIC ||
            meta.version != META_VERSION || meta.free_tree.page_bytes != CHECK_PAGE_BYTES ||
            meta.free_tree.flags != FREE_TREE_FLAGS || meta.main_tree.page_bytes != 0 ||
            meta.main_tree.flags != 0 || meta.address != 0 || meta.map_bytes != STORE_MAP_BYTES) {
        return check_fail(file, "its head is damaged, or it is no store of GhostKey's");
    }
    if (meta.last_page < 1 || meta.last_page >= STORE_MAP_BYTES / CHECK_PAGE_BYTES) {
        return check_fail(file, "its head is damaged");
    }
    *ret_meta = meta;
    return true;
}

static bool find_state(struct check_file *file, const struct check_tree *main_tree, struct span key,
        struct span *ret_record) {
    struct check_entry entry;
    struct check_tree states;

    if (!check_find(file, main_tree, SPAN_LITERAL(TABLE_STATES), &entry) || !entry.is_tree ||
            entry.data.len != sizeof(states)) {
        return false;
    }
    memcpy(&states, entry.data.data, sizeof(states));
    if (!check_find(file, &states, key, &entry)) {
        return false;
    }
    *ret_record = entry.data;
    return true;
}

/* The number that the transaction kept in its own tree. */
static bool find_txn(
        struct check_file *file, const struct check_tree *main_tree, uint64_t *ret_txn) {
    struct span record;

    return find_state(file, main_tree, KEY_TXN, &record) &&
           record_decode_number(KEY_TXN, record, ret_txn) == 0;
}

/* Of another format nothing else could be told. */
static bool check_format(struct check_file file, const struct meta *meta) {
    STATE_AUTO struct state state = STATE_NULL;
    struct span record;

    return !find_state(&file, &meta->main_tree, KEY_STATE, &record) ||
           record_decode_state(KEY_STATE, record, NULL, &state) != -EPROTONOSUPPORT;
}

/*
 * The two meta pages hold the newest transaction and the one before. If a damaged number made the
 * newest look old, its tree still says what it is.
 */
static bool choose_meta(struct check_file *file, const struct meta metas[META_COUNT],
        const struct meta **ret_newest) {
    size_t newest = metas[1].txn > metas[0].txn;
    const struct meta *older = &metas[!newest];
    struct check_file look = *file;
    uint64_t txn;

    if ((metas[newest].txn & 1) != newest || metas[newest].txn - older->txn != 1) {
        return check_fail(file, "its head is damaged");
    }
    look.page_count = metas[newest].last_page + 1;
    if (!find_txn(&look, &metas[newest].main_tree, &txn) || txn != metas[newest].txn) {
        return check_fail(file, "its newest transaction is damaged");
    }
    look.page_count = older->last_page + 1;
    look.fault = NULL;
    if (find_txn(&look, &older->main_tree, &txn) && txn > older->txn) {
        return check_fail(file, "its newest transaction is damaged");
    }
    *ret_newest = &metas[newest];
    return true;
}

/*
 * Pages that are free must not be in use, else they would be overwritten. LMDB keeps each list of
 * them in descending order, under the number of the transaction that freed them, and relies on it.
 */
static bool visit_free(struct check_file *file, void *userdata, const struct check_entry *entry) {
    const struct meta *meta = userdata;
    uint64_t before = UINT64_MAX;
    uint64_t count;
    uint64_t page;
    uint64_t txn;

    memcpy(&txn, entry->key.data, sizeof(txn)); /* check_walk() saw to its length */
    if (entry->is_tree || entry->data.len < sizeof(count) || txn == 0 || txn > meta->txn) {
        return check_fail(file, "its list of free pages is damaged");
    }
    memcpy(&count, entry->data.data, sizeof(count));
    if (count > entry->data.len / sizeof(page) - 1) { /* fewer: room that was not needed */
        return check_fail(file, "its list of free pages is damaged");
    }
    for (uint64_t i = 1; i <= count; i++) {
        memcpy(&page, entry->data.data + i * sizeof(page), sizeof(page));
        if (page >= before) {
            return check_fail(file, "its list of free pages is damaged");
        }
        if (!check_take(file, page)) {
            return false;
        }
        before = page;
    }
    return true;
}

struct table_walk {
    const struct table_format *format;
    struct tally *tally;
};

static bool visit_record(struct check_file *file, void *userdata, const struct check_entry *entry) {
    const struct table_walk *walk = userdata;

    return (!entry->is_tree && walk->format->check(entry->key, entry->data, walk->tally) == 0) ||
           check_fail(file, "a record is damaged");
}

static bool visit_table(struct check_file *file, void *userdata, const struct check_entry *entry) {
    const struct table_format *format = tables_find(entry->key);
    struct table_walk walk = {format, userdata};
    struct check_tree tree;

    if (format == NULL || !entry->is_tree || entry->data.len != sizeof(tree)) {
        return check_fail(file, "its list of tables is damaged");
    }
    memcpy(&tree, entry->data.data, sizeof(tree));
    if (tree.page_bytes != 0 || tree.flags != format->flags) {
        return check_fail(file, "its list of tables is damaged");
    }
    return check_walk(file, &tree, visit_record, &walk);
}

/* LMDB does not write pages at the end that a transaction took and gave back: they are free. */
static bool check_end(struct check_file *file) {
    for (uint64_t page = file->pages_held; page < file->page_count; page++) {
        if ((file->taken[page / 8] & 1 << page % 8) == 0) {
            return check_fail(file, "it is cut short");
        }
    }
    return true;
}

static bool check_snapshot(struct check_file *file, const struct meta *meta) {
    struct tally tally = {.txn = meta->txn};

    if (meta->main_tree.entries != TABLE_COUNT) {
        return check_fail(file, "a table is missing");
    }
    if (!check_walk(file, &meta->main_tree, visit_table, &tally) ||
            !check_walk(file, &meta->free_tree, visit_free, (void *)meta) || !check_end(file)) {
        return false;
    }
    return (tally.with_ttl == tally.due && tally.with_ttl_sum == tally.due_sum) ||
           check_fail(file, "its index of what is due is damaged");
}

const char *check_fault(const void *bytes, size_t len) {
    struct check_file file = {.bytes = bytes, .pages_held = len / CHECK_PAGE_BYTES};
    struct meta metas[META_COUNT];
    const struct meta *newest = NULL;

    if (len == 0) {
        return "it is empty";
    }
    if (len < META_COUNT * CHECK_PAGE_BYTES) {
        return "it is cut short";
    }
    for (size_t i = 0; i < META_COUNT; i++) {
        if (!read_meta(&file, i, &metas[i])) {
            return file.fault;
        }
    }
    if (!choose_meta(&file, metas, &newest)) {
        return file.fault;
    }
    file.page_count = newest->last_page + 1;
    if (!check_format(file, newest)) {
        return "it was made by a version of GhostKey that keeps another format";
    }
    file.taken = calloc(file.page_count / 8 + 1, 1);
    if (file.taken == NULL) {
        return "there is no memory to look at it";
    }
    (void)check_snapshot(&file, newest);
    free(file.taken);
    return file.fault;
}
