#include "drill/report.h"
#include "support/test.h"

static json_t *some_steps(void) {
    json_t *steps = json_loads(
            "[{\"step\":1,\"do\":\"rotate a\",\"expect\":\"healthy\",\"took_ms\":412,\"ok\":true},"
            "{\"step\":2,\"do\":\"run test \\\"<x>\\\" & "
            "y\\u0001\",\"expect\":\"fresh\",\"took_ms\":10049,"
            "\"ok\":false,\"why\":\"it holds version 1 of 'a', & version 2 is "
            "current\",\"requests\":["
            "{\"api\":\"vault\",\"operation\":\"kv-read\",\"name\":\"a\",\"status\":200,\"fault\":"
            "null,"
            "\"count\":3},{\"api\":\"ghostkey\",\"operation\":\"list\",\"name\":null,\"status\":"
            "null,"
            "\"fault\":\"drill\",\"count\":1}],\"holds\":[{\"name\":\"a\",\"peer\":\"node[7]\","
            "\"api\":\"vault\",\"version\":1,\"stage\":\"previous\",\"current\":2},{\"name\":\"b\","
            "\"peer\":\"curl/8\",\"api\":\"vault\",\"version\":3,\"stage\":null,\"current\":3}]},"
            "{\"step\":3,\"do\":\"stop\",\"expect\":\"unhealthy\",\"took_ms\":5,\"ok\":false,"
            "\"why\":\"x\","
            "\"requests\":[],\"holds\":[]}]",
            0, NULL);

    assert_non_null(steps);
    return steps;
}

static void junit_is_xml(void **state) {
    json_auto_t *steps = some_steps();
    BUFFER_AUTO struct buffer xml = BUFFER_NULL;

    drill_report_append_junit(steps, &xml);
    assert_string_equal(buffer_string(&xml),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            "<testsuite name=\"ghostctl drill\" tests=\"3\" failures=\"2\" time=\"10.4\">\n"
            "  <testcase classname=\"drill\" name=\"step 1: rotate a\" time=\"0.4\"/>\n"
            "  <testcase classname=\"drill\" name=\"step 2: run test &quot;&lt;x&gt;&quot; &amp; "
            "y?\" "
            "time=\"10.0\">\n"
            "    <failure message=\"it holds version 1 of 'a', &amp; version 2 is current\">"
            "asked: vault kv-read a 200 (3 times)\n"
            "asked: ghostkey list - no answer by fault drill\n"
            "holds: a version 1 (previous) in node[7]; current: 2\n"
            "holds: b version 3 in curl/8\n"
            "</failure>\n"
            "  </testcase>\n"
            "  <testcase classname=\"drill\" name=\"step 3: stop\" time=\"0.0\">\n"
            "    <failure message=\"x\">asked for nothing meanwhile\n"
            "</failure>\n"
            "  </testcase>\n"
            "</testsuite>\n");
}

static void json_has_the_sums(void **state) {
    json_auto_t *steps = some_steps();
    json_auto_t *document = NULL;
    BUFFER_AUTO struct buffer text = BUFFER_NULL;

    drill_report_append_json(steps, &text);
    document = json_loadb(text.data, text.len, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(document);
    assert_true(json_equal(json_object_get(document, "steps"), steps));
    assert_int_equal(json_integer_value(json_object_get(document, "passed")), 1);
    assert_int_equal(json_integer_value(json_object_get(document, "failed")), 2);
}

static void a_drill_holds_if_each_step_does(void **state) {
    json_auto_t *steps = some_steps();

    assert_true(drill_report_has_failed(steps));
    assert_int_equal(json_array_remove(steps, 2) + json_array_remove(steps, 1), 0);
    assert_false(drill_report_has_failed(steps));
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(junit_is_xml),
            cmocka_unit_test(json_has_the_sums),
            cmocka_unit_test(a_drill_holds_if_each_step_does),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
