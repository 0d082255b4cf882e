#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <ghostkey/error.h>

#include "drill/plan.h"
#include "support/test.h"

#define WITHIN_MS 10000
#define SAID_BYTES 8192

static int read_plan(const char *text, struct drill_plan *ret_plan) {
    BUFFER_AUTO struct buffer bytes = BUFFER_NULL;

    buffer_append_text(&bytes, text);
    return drill_plan_read(&bytes, "plan.json", WITHIN_MS, ret_plan);
}

static void assert_does(const struct drill_step *step, const char *wanted) {
    BUFFER_AUTO struct buffer text = BUFFER_NULL;

    drill_step_append(step, &text);
    assert_string_equal(buffer_string(&text), wanted);
}

/* What it does, whatever its title. */
static void assert_acts(const struct drill_step *step, const char *wanted) {
    struct drill_step untitled = *step;

    untitled.title = NULL;
    assert_does(&untitled, wanted);
}

static void every_step_is_read(void **state) {
    static const char text[] =
            "{\"steps\":[{\"do\":{\"rotate\":\"a/b\"},\"within\":\"1m\",\"expect\":\"fresh\"},"
            "{\"do\":{\"put\":{\"a\":\"s3cr3t\",\"b\":\"\"}}},{\"do\":{\"delete\":\"a\"},"
            "\"within\":3},"
            "{\"do\":{\"restore\":\"a\"},\"expect\":\"unhealthy\"},{\"do\":{\"advance\":60}},"
            "{\"do\":{\"advance\":\"1h\"}},{\"do\":{\"fault\":{\"slow\":{\"effect\":{\"delay\":"
            "\"1s\"}}}}},"
            "{\"do\":{\"unfault\":\"slow\"}},{\"do\":{\"run\":\"true\"}},{\"do\":{\"restart\":true}"
            "},"
            "{\"do\":{\"kill\":true}},{\"do\":{\"stop\":true}},{\"do\":{\"start\":true}}]}";
    static const char *const does[] = {"rotate a/b", "put a b", "delete a", "restore a",
            "advance 60s", "advance 1h", "fault slow", "unfault slow", "run true", "restart",
            "kill", "stop", "start"};
    DRILL_PLAN_AUTO struct drill_plan plan = {0};

    assert_int_equal(read_plan(text, &plan), GK_EXIT_DONE);
    assert_int_equal(plan.count, sizeof(does) / sizeof(does[0]));
    for (size_t i = 0; i < plan.count; i++) {
        assert_does(&plan.steps[i], does[i]); /* a value is not shown */
    }
    assert_int_equal(plan.steps[0].expect, DRILL_FRESH);
    assert_int_equal(plan.steps[0].within_ms, 60000);
    assert_int_equal(plan.steps[1].expect, DRILL_HEALTHY);
    assert_int_equal(plan.steps[1].within_ms, WITHIN_MS);
    assert_int_equal(plan.steps[2].within_ms, 3000);
    assert_int_equal(plan.steps[3].expect, DRILL_UNHEALTHY);
    assert_int_equal(drill_action_verb(json_array_get(plan.steps[12].actions, 0)), DRILL_START);
}

/* What is printed on standard error while the plan is read. */
static void read_wrong(const char *text, char said[SAID_BYTES]) {
    DRILL_PLAN_AUTO struct drill_plan plan = {0};
    int before = dup(STDERR_FILENO);
    int ends[2];
    ssize_t len;

    assert_int_equal(pipe(ends), 0);
    assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
    assert_int_equal(read_plan(text, &plan), GK_EXIT_USAGE);
    assert_true(dup2(before, STDERR_FILENO) >= 0);
    assert_int_equal(close(before) + close(ends[1]), 0);
    len = read(ends[0], said, SAID_BYTES - 1);
    assert_true(len > 0);
    said[len] = '\0';
    assert_int_equal(close(ends[0]), 0);
    assert_int_equal(plan.count, 0);
}

static void each_mistake_is_named(void **state) {
    static const struct {
        const char *step;
        const char *said;
    } wrong[] = {
            {"5", "it must be an object"},
            {"{}", "it needs a 'do'"},
            {"{\"do\":{}}", "one member"},
            {"{\"do\":{\"start\":true,\"stop\":true}}", "one member"},
            {"{\"do\":{\"rotat\":\"a\"}}", "'do' has the unknown member 'rotat'"},
            {"{\"do\":{\"pause\":\"1s\"}}", "'do' has the unknown member 'pause'"},
            {"{\"do\":{\"rotate\":\"a//b\"}}", "'rotate' needs the name of a secret"},
            {"{\"do\":{\"delete\":1}}", "'delete' needs the name of a secret"},
            {"{\"do\":{\"put\":{}}}", "'put' needs an object"},
            {"{\"do\":{\"put\":{\"a\":1}}}", "'put' of 'a' is no text"},
            {"{\"do\":{\"advance\":\"1 hour\"}}", "'advance' needs a length of time"},
            {"{\"do\":{\"advance\":0}}", "'advance' needs a length of time"},
            {"{\"do\":{\"fault\":{\"..\":{\"effect\":{\"stale\":true}}}}}",
                    "needs the id of a rule"},
            {"{\"do\":{\"fault\":{\"x\":{}}}}", "the rule 'x' needs an 'effect'"},
            {"{\"do\":{\"fault\":{\"x\":{\"effect\":{\"stale\":true},\"of\":1}}}}",
                    "unknown member 'of'"},
            {"{\"do\":{\"unfault\":\"a b\"}}", "needs the id of a rule"},
            {"{\"do\":{\"run\":\"\"}}", "'run' needs a command"},
            {"{\"do\":{\"kill\":false}}", "'kill' takes nothing but true"},
            {"{\"do\":{\"kill\":true},\"expect\":\"well\"}", "'expect' is"},
            {"{\"do\":{\"kill\":true},\"within\":\"0s\"}", "'within' is a length of time"},
            {"{\"do\":{\"kill\":true},\"within\":\"2d\"}", "'within' is a length of time"},
            {"{\"do\":{\"kill\":true},\"until\":1}", "unknown member 'until'"},
    };

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        BUFFER_AUTO struct buffer text = BUFFER_NULL;
        char said[SAID_BYTES];

        buffer_printf(&text, "{\"steps\":[{\"do\":{\"stop\":true}},%s]}", wrong[i].step);
        read_wrong(buffer_string(&text), said);
        if (strstr(said, wrong[i].said) == NULL || strstr(said, "plan.json: step 2: ") == NULL) {
            fail_msg("%s: %s", wrong[i].step, said);
        }
    }
}

static void all_mistakes_are_named_at_once(void **state) {
    char said[SAID_BYTES];

    read_wrong(
            "{\"steps\":[{\"do\":{\"stop\":1}},{\"do\":{\"rotate\":\"\"},\"expect\":1,\"a\":2}]}",
            said);
    assert_non_null(strstr(said, "step 1: 'stop'"));
    assert_non_null(strstr(said, "step 2: 'rotate'"));
    assert_non_null(strstr(said, "step 2: 'expect'"));
    assert_non_null(strstr(said, "step 2: unknown member 'a'"));
}

static void what_is_no_plan_is_refused(void **state) {
    static const char *const texts[] = {"", "[]", "{}", "{\"steps\":[]}", "{\"steps\":{}}",
            "{\"steps\":[{\"do\":{\"stop\":true}}],\"more\":1}", "{\"steps\":[],\"steps\":[]}", "{",
            "{\"steps\":[{\"do\":{\"stop\":true},\"do\":{\"start\":true}}]}"};
    char said[SAID_BYTES];

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        read_wrong(texts[i], said);
        assert_non_null(strstr(said, "plan.json: "));
    }
}

#define SECRET(name, ttl, rotation) \
    "{\"name\":\"" name "\",\"metadata\":{\"ttl\":" ttl ",\"rotation\":{" rotation "}}}"

static void assert_default(
        bool moves_clock, const char *const *titles, const char *const *does, size_t count) {
    json_auto_t *secrets = json_loads(
            "[" SECRET("all", "60",
                    "\"strategy\":\"hex\",\"on_expiry\":false,\"grace\":5") "," SECRET("fixed",
                    "null", "\"strategy\":\"none\"") "," SECRET("own", "90",
                    "\"strategy\":\"hex\",\"on_expiry\":true") "]",
            0, NULL);
    DRILL_PLAN_AUTO struct drill_plan plan = {0};

    assert_non_null(secrets);
    drill_plan_default(secrets, moves_clock, WITHIN_MS, &plan);
    assert_int_equal(plan.count, count);
    for (size_t i = 0; i < plan.count; i++) {
        assert_does(&plan.steps[i], titles[i]);
        assert_acts(&plan.steps[i], does[i]);
        assert_int_equal(plan.steps[i].expect, DRILL_HEALTHY);
        assert_int_equal(plan.steps[i].within_ms, WITHIN_MS);
    }
}

#define ROTATIONS "rotate all, rotate own"
#define TROUBLES \
    "fault slow, pause 2s, unfault slow, " ROTATIONS, \
            "fault throttled, pause 2s, unfault throttled, " ROTATIONS, \
            "fault failing, pause 2s, unfault failing, " ROTATIONS, \
            "stop, pause 10s, start, " ROTATIONS, "restart, " ROTATIONS
#define TITLES_OF_TROUBLES \
    "broker slow, then rotate all", "broker throttled, then rotate all", \
            "broker failing, then rotate all", "broker gone, then rotate all", \
            "broker restarted, then rotate all"

static void the_default_plan_is_for_what_can_rotate(void **state) {
    static const char *const titles[] = {"rotate all", "rotate all twice",
            "the TTL of all passes (1m), then rotate it", "rotate all, then its grace passes (5s)",
            "rotate own", "rotate own twice", "the TTL of own passes (1m30s)", TITLES_OF_TROUBLES};
    static const char *const does[] = {"rotate all", "rotate all, rotate all",
            "advance 60s, rotate all", "rotate all, advance 5s", "rotate own",
            "rotate own, rotate own", "advance 90s", TROUBLES};

    assert_default(true, titles, does, sizeof(does) / sizeof(does[0]));
}

static void the_system_clock_is_not_moved(void **state) {
    static const char *const titles[] = {
            "rotate all", "rotate all twice", "rotate own", "rotate own twice", TITLES_OF_TROUBLES};
    static const char *const does[] = {"rotate all", "rotate all, rotate all", "rotate own",
            "rotate own, rotate own", TROUBLES};

    assert_default(false, titles, does, sizeof(does) / sizeof(does[0]));
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(every_step_is_read),
            cmocka_unit_test(each_mistake_is_named),
            cmocka_unit_test(all_mistakes_are_named_at_once),
            cmocka_unit_test(what_is_no_plan_is_refused),
            cmocka_unit_test(the_default_plan_is_for_what_can_rotate),
            cmocka_unit_test(the_system_clock_is_not_moved),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
