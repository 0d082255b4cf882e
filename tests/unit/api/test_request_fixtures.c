/*
 * fixtures/requests/: every y_*.json decodes; every n_*.json is refused as refusals.txt says.
 * Usage: test_api_request_fixtures FOLDER
 */
#include <stdio.h>
#include <stdlib.h>

#include "api/ghostkey/request.h"
#include "common/cleanup.h"
#include "support/test.h"

#define VALUE_MAX_BYTES 256
#define FILE_MAX_BYTES 65536
#define ROW_MAX_BYTES 256

/* A file, and what refusals.txt says of it. */
struct fixture {
    char *name;
    int status; /* 0: not listed */
    char told[ROW_MAX_BYTES];
};

static const char *folder;
static struct fixture *fixtures;
static size_t fixture_count;

static FILE *open_fixture(const char *name) {
    char path[4096];

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    return fopen(path, "rb");
}

/* Whether a strategy exists is for the broker to say. */
static int decode_put(struct span body, struct problem *problem) {
    BUFFER_AUTO struct buffer bytes = BUFFER_NULL;
    struct definition definition;
    struct policy policy;
    int error = request_decode_put(body, VALUE_MAX_BYTES, &bytes, &definition, problem);

    if (error != 0) {
        return error;
    }
    return policy_resolve(&definition.policy, NULL, VALUE_MAX_BYTES, &policy, problem);
}

static int decode_patch(struct span body, struct problem *problem) {
    BUFFER_AUTO struct buffer bytes = BUFFER_NULL;
    struct definition definition;

    return request_decode_patch(body, VALUE_MAX_BYTES, &bytes, &definition, problem);
}

static int decode_advance(struct span body, struct problem *problem) {
    int64_t by_s;

    return request_decode_advance(body, &by_s, problem);
}

static int decode_clock(struct span body, struct problem *problem) {
    instant now;

    return request_decode_set_clock(body, &now, problem);
}

static int decode(const char *kind, struct span body, struct problem *problem) {
    static const struct {
        const char *kind;
        int (*decode)(struct span body, struct problem *problem);
    } rows[] = {
            {"put_", decode_put},
            {"patch_", decode_patch},
            {"empty_", request_decode_empty},
            {"advance_", decode_advance},
            {"clock_", decode_clock},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (strncmp(kind, rows[i].kind, strlen(rows[i].kind)) == 0) {
            return rows[i].decode(body, problem);
        }
    }
    fail_msg("'%s' is no kind of request that is known here", kind);
    return 0;
}

static void fixture_is_decoded_as_its_name_says(void **state) {
    const struct fixture *fixture = *state;
    GK_AUTO_FCLOSE FILE *file = open_fixture(fixture->name);
    GK_AUTO_FREE char *bytes = malloc(FILE_MAX_BYTES);
    struct problem problem = PROBLEM_NULL;
    struct span body = {bytes, 0};
    int r;

    assert_non_null(file);
    assert_non_null(bytes);
    body.len = fread(bytes, 1, FILE_MAX_BYTES, file);
    assert_true(body.len < FILE_MAX_BYTES);
    r = decode(fixture->name + 2, body, &problem);
    if (fixture->name[0] == 'y') {
        if (r != 0) {
            fail_msg("refused: %s", problem.detail);
        }
        return;
    }
    assert_int_not_equal(r, 0);
    if (fixture->status == 0) {
        fail_msg("not in refusals.txt: %d %s", gk_outcome_status(r), problem.detail);
    }
    assert_int_equal(gk_outcome_status(r), fixture->status);
    if (strstr(problem.detail, fixture->told) == NULL) {
        fail_msg("told: %s", problem.detail);
    }
}

static void every_row_of_refusals_has_its_file(void **state) {
    GK_AUTO_FCLOSE FILE *table = open_fixture("refusals.txt");
    char row[ROW_MAX_BYTES];

    assert_non_null(table);
    while (fgets(row, sizeof(row), table) != NULL) {
        GK_AUTO_FCLOSE FILE *file = NULL;

        if (row[0] == '#') {
            continue;
        }
        row[strcspn(row, " ")] = '\0';
        file = open_fixture(row);
        if (file == NULL) {
            fail_msg("refusals.txt: there is no %s", row);
        }
    }
}

static int is_fixture(const struct dirent *entry) {
    return strncmp(entry->d_name, "y_", 2) == 0 || strncmp(entry->d_name, "n_", 2) == 0;
}

static void read_refusal(const char *row) {
    size_t name_len = strcspn(row, " ");

    for (size_t i = 0; i < fixture_count; i++) {
        struct fixture *fixture = &fixtures[i];

        if (strlen(fixture->name) == name_len && strncmp(fixture->name, row, name_len) == 0) {
            const char *status = row + name_len + strspn(row + name_len, " ");

            fixture->status = atoi(status);
            snprintf(fixture->told, sizeof(fixture->told), "%.*s", (int)strcspn(status + 4, "\n"),
                    status + 4);
        }
    }
}

static bool read_folder(void) {
    struct dirent **entries;
    int count = scandir(folder, &entries, is_fixture, alphasort);
    GK_AUTO_FCLOSE FILE *table = open_fixture("refusals.txt");
    char row[ROW_MAX_BYTES];

    if (count <= 0 || table == NULL) {
        return false;
    }
    fixtures = calloc((size_t)count, sizeof(*fixtures));
    for (int i = 0; i < count; i++) {
        fixtures[i].name = strdup(entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    fixture_count = (size_t)count;
    while (fgets(row, sizeof(row), table) != NULL) {
        if (row[0] == 'n') {
            read_refusal(row);
        }
    }
    return true;
}

int main(int argc, char **argv) {
    struct CMUnitTest *tests;
    int failures;

    folder = argc == 2 ? argv[1] : "";
    if (!read_folder()) {
        fprintf(stderr, "usage: %s FOLDER (with y_*.json, n_*.json, refusals.txt)\n", argv[0]);
        return 2;
    }
    tests = calloc(fixture_count + 1, sizeof(*tests));
    for (size_t i = 0; i < fixture_count; i++) {
        tests[i] = (struct CMUnitTest){
                .name = fixtures[i].name,
                .test_func = fixture_is_decoded_as_its_name_says,
                .initial_state = &fixtures[i],
        };
    }
    tests[fixture_count] = (struct CMUnitTest)cmocka_unit_test(every_row_of_refusals_has_its_file);
    failures = _cmocka_run_group_tests("request_fixtures", tests, fixture_count + 1, NULL, NULL);
    for (size_t i = 0; i < fixture_count; i++) {
        free(fixtures[i].name);
    }
    free(fixtures);
    free(tests);
    return failures;
}
