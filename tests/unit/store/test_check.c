#include "store/check.h"

#include "common/cleanup.h"
#include "crash/sample_store.h"
#include "store/check_tree.h"
#include "support/test.h"
#include <sys/stat.h>

#define META_AT(page, field) ((size_t)(page)*CHECK_PAGE_BYTES + (field))
#define META_MAGIC 16
#define META_VERSION 20
#define META_MAP_BYTES 32
#define META_FREE_FLAGS 44
#define META_FREE_DEPTH 46
#define META_FREE_ROOT 80
#define META_MAIN_ENTRIES 120
#define META_MAIN_ROOT 128
#define META_LAST_PAGE 136
#define META_TXN 144

/* The bytes of a store. The caller frees them. */
static unsigned char *bytes_of(int fd, size_t *ret_len) {
    unsigned char *bytes;
    struct stat status;

    assert_int_equal(fstat(fd, &status), 0);
    bytes = malloc((size_t)status.st_size);
    assert_non_null(bytes);
    assert_int_equal(pread(fd, bytes, (size_t)status.st_size, 0), status.st_size);
    *ret_len = (size_t)status.st_size;
    return bytes;
}

static const char *fault_of(int fd) {
    size_t len;
    GK_AUTO_FREE unsigned char *bytes = bytes_of(fd, &len);

    return check_fault(bytes, len);
}

static int made(void) {
    return sample_make(&(struct sample_size){300, 5, 9000}, NULL);
}

/* A false alarm would lock a user out of their secrets. */
static void no_sound_store_is_refused(void **state) {
    GK_AUTO_CLOSE int fd = sample_make(&(struct sample_size){0}, NULL);
    const struct store_options options = {.home = STORE_FILE};
    struct store *store = NULL;

    assert_null(fault_of(fd));
    assert_int_equal(store_open(fd, &options, &store), 0);
    for (unsigned int seed = 1; seed <= 150; seed++) {
        assert_int_equal(sample_change(store, seed), 0);
        assert_null(fault_of(fd));
    }
    store_free(store);
}

/* LMDB leaves data that gets shorter within one transaction in the pages that it has. */
static void data_with_pages_to_spare_is_sound(void **state) {
    static char value[30000];
    GK_AUTO_CLOSE int fd = made();
    const struct store_options options = {.home = STORE_FILE};
    struct secret secret = {.name = SPAN_LITERAL("spare"), .value = {value, sizeof(value)}};
    struct store *store = NULL;
    struct txn *txn;

    assert_int_equal(store_open(fd, &options, &store), 0);
    for (size_t len = sizeof(value); len > 10; len /= 3) {
        secret.value.len = sizeof(value);
        assert_int_equal(store_write(store, &txn), 0);
        assert_int_equal(store_put_secret(txn, &secret, NULL), 0);
        secret.value.len = len;
        assert_int_equal(store_put_secret(txn, &secret, NULL), 0);
        assert_int_equal(store_commit(store), 0);
        assert_null(fault_of(fd));
    }
    store_free(store);
}

static void what_is_no_store_is_named(void **state) {
    static const char zeros[3 * CHECK_PAGE_BYTES];

    assert_string_equal(check_fault(zeros, 0), "it is empty");
    assert_string_equal(check_fault(zeros, 100), "it is cut short");
    assert_string_equal(check_fault(zeros, 2 * CHECK_PAGE_BYTES - 1), "it is cut short");
    assert_non_null(strstr(check_fault(zeros, sizeof(zeros)), "no store of GhostKey's"));
}

#define PAGE_BRANCH 0x01
#define PAGE_LEAF 0x02

static unsigned int read_16(const unsigned char *at) {
    return at[0] | (unsigned int)at[1] << 8;
}

/* Whether the snapshot uses the page: then it must have its own number. */
static bool is_used(unsigned char *bytes, size_t len, size_t page) {
    bool used;

    bytes[page * CHECK_PAGE_BYTES] ^= 1;
    used = check_fault(bytes, len) != NULL;
    bytes[page * CHECK_PAGE_BYTES] ^= 1;
    return used;
}

static void every_cut_is_found(void **state) {
    GK_AUTO_CLOSE int fd = made();
    size_t len;
    GK_AUTO_FREE unsigned char *bytes = bytes_of(fd, &len);

    size_t used = len / CHECK_PAGE_BYTES;

    assert_null(check_fault(bytes, len));
    while (!is_used(bytes, len, used - 1)) { /* what is free at the end is not missed */
        used -= 1;
        assert_null(check_fault(bytes, used * CHECK_PAGE_BYTES));
    }
    assert_true(used > 200);
    for (size_t cut = 0; cut < used * CHECK_PAGE_BYTES; cut += 1000) {
        assert_non_null(check_fault(bytes, cut));
    }
    assert_non_null(check_fault(bytes, used * CHECK_PAGE_BYTES - 1));
}

static void every_field_of_the_head_counts(void **state) {
    static const size_t fields[] = {META_MAGIC, META_VERSION, META_MAP_BYTES, META_FREE_FLAGS,
            META_LAST_PAGE, META_TXN, META_MAIN_ENTRIES, META_MAIN_ROOT};
    GK_AUTO_CLOSE int fd = made();
    size_t len;
    GK_AUTO_FREE unsigned char *bytes = bytes_of(fd, &len);
    size_t newest = bytes[META_AT(1, META_TXN)] > bytes[META_AT(0, META_TXN)];

    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        for (int bit = 0; bit < 8; bit++) {
            size_t at = META_AT(newest, fields[i]);

            bytes[at] ^= (unsigned char)(1 << bit);
            if (check_fault(bytes, len) == NULL) {
                fail_msg("byte %zu, bit %d: not found", at, bit);
            }
            bytes[at] ^= (unsigned char)(1 << bit);
        }
    }
    assert_null(check_fault(bytes, len));
}

/* The number made smaller, so that the transaction before looks like the newest. */
static void a_transaction_is_not_forgotten(void **state) {
    GK_AUTO_CLOSE int fd = made();
    size_t len;
    GK_AUTO_FREE unsigned char *bytes = bytes_of(fd, &len);
    size_t newest = bytes[META_AT(1, META_TXN)] > bytes[META_AT(0, META_TXN)];

    bytes[META_AT(newest, META_TXN)] -= 2;
    assert_string_equal(check_fault(bytes, len), "its newest transaction is damaged");
}

/* Found even where it changes no order: LMDB would move a piece of the next node along with it. */
static void a_key_that_reaches_into_the_next_is_found(void **state) {
    GK_AUTO_CLOSE int fd = made();
    size_t len;
    GK_AUTO_FREE unsigned char *bytes = bytes_of(fd, &len);
    size_t keys = 0;

    for (size_t page = 2; page < len / CHECK_PAGE_BYTES; page++) {
        unsigned char *at = bytes + page * CHECK_PAGE_BYTES;

        if (read_16(at + 10) != PAGE_BRANCH || !is_used(bytes, len, page)) {
            continue;
        }
        for (size_t node = 16; node < read_16(at + 12); node += 2, keys++) {
            unsigned char *key_len = at + read_16(at + node) + 6;

            *key_len += 2;
            assert_non_null(check_fault(bytes, len));
            *key_len -= 2;
        }
    }
    assert_true(keys > 10);
    assert_null(check_fault(bytes, len));
}

static void swap_16(unsigned char *one, unsigned char *other) {
    unsigned char kept[2];

    memcpy(kept, one, 2);
    memcpy(one, other, 2);
    memcpy(other, kept, 2);
}

static void keys_out_of_order_are_found(void **state) {
    GK_AUTO_CLOSE int fd = made();
    size_t len;
    GK_AUTO_FREE unsigned char *bytes = bytes_of(fd, &len);
    size_t swaps = 0;

    for (size_t page = 2; page < len / CHECK_PAGE_BYTES; page++) {
        unsigned char *at = bytes + page * CHECK_PAGE_BYTES;

        if ((read_16(at + 10) != PAGE_BRANCH && read_16(at + 10) != PAGE_LEAF) ||
                !is_used(bytes, len, page)) {
            continue;
        }
        for (size_t node = 16; node + 2 < read_16(at + 12); node += 2, swaps++) {
            swap_16(at + node, at + node + 2);
            assert_non_null(check_fault(bytes, len));
            swap_16(at + node, at + node + 2);
        }
    }
    assert_true(swaps > 300);
    assert_null(check_fault(bytes, len));
}

/* The number of a free page becomes each one below it: that page is in use, or is free already. */
static void a_page_that_is_free_and_in_use_is_found(void **state) {
    GK_AUTO_CLOSE int fd = made();
    size_t len;
    GK_AUTO_FREE unsigned char *bytes = bytes_of(fd, &len);
    size_t newest = bytes[META_AT(1, META_TXN)] > bytes[META_AT(0, META_TXN)];
    unsigned char *leaf =
            bytes + read_16(bytes + META_AT(newest, META_FREE_ROOT)) * (size_t)CHECK_PAGE_BYTES;
    unsigned char *list = leaf + read_16(leaf + 16) + 16; /* behind a node's header and its key */
    unsigned int count = read_16(list);
    unsigned char *last = list + count * sizeof(uint64_t);
    unsigned int page = read_16(last);

    assert_int_equal(read_16(bytes + META_AT(newest, META_FREE_DEPTH)), 1);
    assert_true(count > 0 && count < 300);
    for (unsigned int other = 2; other < page; other++) {
        last[0] = (unsigned char)other;
        last[1] = (unsigned char)(other >> 8);
        assert_non_null(check_fault(bytes, len));
    }
    last[0] = (unsigned char)page;
    last[1] = (unsigned char)(page >> 8);
    assert_null(check_fault(bytes, len));
    leaf[read_16(leaf + 16) + 8 + 7] = 1; /* freed by a transaction of the far future */
    assert_non_null(check_fault(bytes, len));
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(no_sound_store_is_refused),
            cmocka_unit_test(data_with_pages_to_spare_is_sound),
            cmocka_unit_test(what_is_no_store_is_named),
            cmocka_unit_test(every_cut_is_found),
            cmocka_unit_test(every_field_of_the_head_counts),
            cmocka_unit_test(a_transaction_is_not_forgotten),
            cmocka_unit_test(a_key_that_reaches_into_the_next_is_found),
            cmocka_unit_test(keys_out_of_order_are_found),
            cmocka_unit_test(a_page_that_is_free_and_in_use_is_found),
    };

    return cmocka_run_group_tests_name("check", tests, NULL, NULL);
}
