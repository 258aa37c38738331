"""Known good and known bad histories: a checker that takes everything, or nothing, fails here."""
import random
import unittest

import linear
from linear import Operation

ONCE, AGAIN = linear.Rules(again=False), linear.Rules(again=True)


def history(*lines):
    """Lines of (call, back, kind, where, argument, answer)."""
    return [Operation(i, *line[:2], *line[2:]) for i, line in enumerate(lines)]


class Good(unittest.TestCase):
    def holds(self, rules, *lines):
        self.assertIsNone(linear.check(history(*lines), rules))

    def test_one_of_two_publishes_at_once_wins(self):
        self.holds(ONCE, (0, 5, "publish", 0, "a", "conflict"), (1, 4, "publish", 0, "b", "ok"), (6, 7, "get", 0, None, "b"))

    def test_a_read_beside_a_publish_may_see_it_or_not(self):
        self.holds(ONCE, (0, 9, "publish", 0, "a", "ok"), (1, 2, "get", 0, None, "absent"), (3, 4, "get", 0, None, "a"))

    def test_the_same_bytes_may_come_twice_where_the_format_lets_them(self):
        self.holds(AGAIN, (0, 1, "publish", 0, "a", "ok"), (2, 3, "publish", 0, "a", "ok"), (4, 5, "publish", 0, "b", "conflict"))

    def test_a_version_is_deleted_and_published_with_other_bytes(self):
        self.holds(ONCE, (0, 1, "publish", 0, "a", "ok"), (2, 3, "delete", 0, None, "ok"), (4, 5, "publish", 0, "b", "ok"), (6, 7, "get", 0, None, "b"))

    def test_an_operation_without_an_answer_may_have_happened(self):
        self.holds(ONCE, (0, linear.FOREVER, "publish", 0, "a", None), (2, 3, "get", 0, None, "absent"), (4, 5, "get", 0, None, "a"))
        self.holds(ONCE, (0, linear.FOREVER, "publish", 0, "a", None), (2, 3, "publish", 0, "b", "ok"))

    def test_a_copy_takes_what_the_source_has(self):
        self.holds(ONCE, (0, 1, "publish", 0, "a", "ok"), (2, 3, "copy", 1, False, "ok"), (4, 5, "get", 1, None, "a"), (6, 7, "list", 1, None, "Published"))

    def test_a_thousand_operations_that_happened_at_their_instants(self):
        self.assertIsNone(linear.check(simulated(1000, seed=1), AGAIN))


class Bad(unittest.TestCase):
    def breaks(self, rules, *lines):
        found = linear.check(history(*lines), rules)
        self.assertIsNotNone(found)
        return found[1]

    def test_two_publishes_of_other_bytes_both_win(self):
        self.breaks(AGAIN, (0, 5, "publish", 0, "a", "ok"), (1, 4, "publish", 0, "b", "ok"))

    def test_a_read_after_the_acknowledgement_sees_nothing(self):
        self.breaks(ONCE, (0, 1, "publish", 0, "a", "ok"), (2, 3, "get", 0, None, "absent"))

    def test_a_read_goes_back_in_time(self):
        self.breaks(ONCE, (0, 9, "publish", 0, "a", "ok"), (1, 2, "get", 0, None, "a"), (3, 4, "get", 0, None, "absent"))

    def test_the_loser_overwrote(self):
        self.breaks(ONCE, (0, 1, "publish", 0, "a", "ok"), (2, 3, "publish", 0, "b", "conflict"), (4, 5, "get", 0, None, "b"))

    def test_a_status_is_changed_from_one_that_it_had_not(self):
        self.breaks(ONCE, (0, 1, "publish", 0, "a", "ok"), (2, 3, "status", 0, ("Unlisted", "Published"), "ok"))

    def test_a_delete_is_undone(self):
        self.breaks(ONCE, (0, 1, "publish", 0, "a", "ok"), (2, 3, "delete", 0, None, "ok"), (4, 5, "list", 0, None, "Published"))

    def test_both_of_two_deletes_find_the_version(self):
        self.breaks(ONCE, (0, 1, "publish", 0, "a", "ok"), (2, 5, "delete", 0, None, "ok"), (3, 4, "delete", 0, None, "ok"))

    def test_a_copy_brings_bytes_that_the_source_never_had(self):
        self.breaks(ONCE, (0, 1, "publish", 0, "a", "ok"), (2, 3, "copy", 1, False, "ok"), (4, 5, "get", 1, None, "b"))

    def test_only_what_is_needed_is_shown(self):
        shown = self.breaks(
            ONCE, (0, 1, "publish", 0, "a", "ok"), (2, 3, "get", 0, None, "a"), (4, 8, "delete", 0, None, "ok"), (5, 6, "get", 0, None, "a"),
            (5.5, 7, "get", 0, None, "absent"), (7.1, 7.9, "get", 0, None, "a"), (10, 11, "get", 0, None, "absent"))
        self.assertEqual(["delete", "get", "get"], [operation.kind for operation in shown])

    def test_one_false_answer_among_a_thousand_is_found(self):
        for seed in range(20):
            operations = simulated(1000, seed)
            wrong = random.Random(seed).choice([i for i, o in enumerate(operations) if o.kind == "get"])
            answer = "never published"
            operations[wrong] = Operation(**{**vars(operations[wrong]), "answer": answer})
            found = linear.check(operations, AGAIN)
            self.assertIsNotNone(found, f"seed {seed}")
            self.assertIn(answer, [operation.answer for operation in found[1]])


def simulated(count, seed):
    """Operations of ten clients that happened each at one instant, drawn between its call and its return."""
    draw, state, operations = random.Random(seed), linear.START, []
    free = [0.0] * 10
    for instant in range(count):
        client = min(range(10), key=lambda c: free[c]) if draw.random() < 0.5 else draw.randrange(10)
        call = max(free[client], instant - draw.random() * 4)
        if call > instant:
            continue
        back = instant + draw.random() * 4
        free[client] = back + 0.001
        kind = draw.choice(["publish", "get", "get", "list", "status", "delete", "dispose", "copy"])
        argument = {"publish": draw.choice("abc"), "status": (None, draw.choice(["Published", "Archived"])), "copy": draw.random() < 0.5}.get(kind)
        asked = Operation(client, call, back, kind, draw.randrange(2), argument, None)
        here = state[asked.where]
        after, answer = getattr(AGAIN, "_" + kind)(state, here, asked)
        state = (after, state[1]) if asked.where == 0 else (state[0], after)
        operations.append(Operation(client, call, back, kind, asked.where, argument, answer))
    return operations


if __name__ == "__main__":
    unittest.main()
