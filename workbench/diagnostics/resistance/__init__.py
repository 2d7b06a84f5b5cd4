"""Effective resistance, and what follows from it: commute and hitting times, Kemeny's constant."""
