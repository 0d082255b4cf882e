/* How a fault rule refuses in AWS's words. */
#ifndef GHOSTKEYD_API_AWS_FAULT_ANSWER_H
#define GHOSTKEYD_API_AWS_FAULT_ANSWER_H

struct call;

/* Fills in the answer to a GK_E_FAULT. */
void fault_answer(struct call *call);

#endif
