"""The benchmark: how fast the package is, as ratios against yardsticks run in the same minute."""
