"""The expressivity lab: two graphs under a Weisfeiler-Leman test, round by round."""
