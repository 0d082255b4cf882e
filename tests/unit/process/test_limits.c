#include <string.h>
#include <sys/resource.h>

#include "process/limits.h"
#include "support/test.h"

#define MIB ((uint64_t)1 << 20)

static const char V1_CGROUPS[] = "9:name=systemd:/\n"
                                 "4:cpu,memory:/user.slice/a b\n"
                                 "1:cpuset:/other\n"
                                 "0::/user.slice\n";
static const char V1_MOUNTS[] =
        "22 26 0:21 / /sys rw,relatime - sysfs sysfs rw\n"
        "31 30 0:28 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n"
        "34 30 0:31 / /sys/fs/c\\040group/memory rw,relatime shared:9 master:1 - cgroup cgroup "
        "rw,cpu,memory\n"
        "40 30 0:37 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";
static const char V2_CGROUPS[] = "0::/user.slice/user-1000.slice/ghostkey.service\n";
static const char V2_MOUNTS[] = "21 26 0:20 / /proc rw - proc proc rw\n"
                                "30 22 0:27 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";

static bool find(const char *cgroups, const char *mounts, struct cgroup *ret_cgroup) {
    return limits_find_cgroup(span_of(cgroups), span_of(mounts), ret_cgroup);
}

static void a_v1_cgroup_is_found(void **state) {
    struct cgroup cgroup;

    assert_true(find(V1_CGROUPS, V1_MOUNTS, &cgroup));
    assert_true(cgroup.is_v1);
    assert_string_equal(cgroup.folder, "/sys/fs/c group/memory/user.slice/a b");
    assert_int_equal(cgroup.top_len, strlen("/sys/fs/c group/memory"));
}

static void a_v2_cgroup_is_found(void **state) {
    struct cgroup cgroup;

    assert_true(find(V2_CGROUPS, V2_MOUNTS, &cgroup));
    assert_false(cgroup.is_v1);
    assert_string_equal(
            cgroup.folder, "/sys/fs/cgroup/user.slice/user-1000.slice/ghostkey.service");
    assert_int_equal(cgroup.top_len, strlen("/sys/fs/cgroup"));
}

static void only_what_is_mounted_is_seen(void **state) {
    static const char part[] = "30 22 0:27 /user.slice /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";
    struct cgroup cgroup;

    assert_true(find(V2_CGROUPS, part, &cgroup));
    assert_string_equal(cgroup.folder, "/sys/fs/cgroup/user-1000.slice/ghostkey.service");
    assert_true(find("0::/\n", part, &cgroup));
    assert_string_equal(cgroup.folder, "/sys/fs/cgroup");
    assert_true(find("0::/user.slices/x\n", part, &cgroup));
    assert_string_equal(cgroup.folder, "/sys/fs/cgroup");
    assert_true(find("0::/\n", V2_MOUNTS, &cgroup));
    assert_string_equal(cgroup.folder, "/sys/fs/cgroup");
}

static void other_texts_find_none(void **state) {
    struct cgroup cgroup;

    assert_false(find("", "", &cgroup));
    assert_false(find(V2_CGROUPS, "", &cgroup));
    assert_false(find("", V2_MOUNTS, &cgroup));
    assert_false(find("nonsense", "1 2 3\n4 5 6 7 8\n9 9 9 / /x -\n", &cgroup));
}

static void limits_are_read_as_numbers(void **state) {
    assert_true(limits_parse_bytes(span_of("max\n")) == LIMIT_NONE);
    assert_true(limits_parse_bytes(span_of("9223372036854771712\n")) == LIMIT_NONE);
    assert_true(limits_parse_bytes(span_of("99999999999999999999999\n")) == LIMIT_NONE);
    assert_true(limits_parse_bytes(span_of("")) == LIMIT_NONE);
    assert_int_equal(limits_parse_bytes(span_of("67108864\n")), 64 * MIB);
    assert_int_equal(limits_parse_bytes(span_of("0\n")), 0);
    assert_int_equal(
            limits_parse_meminfo(span_of("MemFree:  12 kB\nMemTotal:    2048 kB\n")), 2 * MIB);
    assert_true(limits_parse_meminfo(span_of("MemTotal: much\n")) == LIMIT_NONE);
    assert_true(limits_parse_meminfo(span_of("")) == LIMIT_NONE);
}

static void a_part_is_left_for_clients(void **state) {
    assert_true(limits_left(LIMIT_NONE, 5) == LIMIT_NONE);
    assert_int_equal(limits_left(160 * MIB, 5 * MIB), 115 * MIB);
    assert_int_equal(limits_left(64 * MIB, 2 * MIB), 30 * MIB);
    assert_int_equal(limits_left(1024 * MIB, 24 * MIB), 936 * MIB);
    assert_int_equal(limits_left(38 * MIB, 7 * MIB), 0);
}

static void those_of_this_process_are_read(void **state) {
    struct rlimit limit = {512 * MIB, RLIM_INFINITY};
    struct limits before;
    struct limits limits;

    limits_read(&before);
    assert_true(before.memory_bytes > 0 && before.memory_bytes < LIMIT_NONE);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = (rlim_t)1 << 46; /* more than AddressSanitizer maps */
    assert_int_equal(setrlimit(RLIMIT_AS, &limit), 0);
    assert_int_equal(getrlimit(RLIMIT_AS, &limit), 0);
    limits_read(&limits);
    assert_int_equal(limits.file_bytes, 512 * MIB);
    if (limit.rlim_cur == RLIM_INFINITY) { /* an emulator of another machine does not pass it on */
        assert_int_equal(limits.address_bytes, LIMIT_NONE);
        return;
    }
    assert_true(limits.address_bytes > 0 && limits.address_bytes < limit.rlim_cur);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_v1_cgroup_is_found),
            cmocka_unit_test(a_v2_cgroup_is_found),
            cmocka_unit_test(only_what_is_mounted_is_seen),
            cmocka_unit_test(other_texts_find_none),
            cmocka_unit_test(limits_are_read_as_numbers),
            cmocka_unit_test(a_part_is_left_for_clients),
            cmocka_unit_test(those_of_this_process_are_read),
    };

    return cmocka_run_group_tests_name("limits", tests, NULL, NULL);
}
