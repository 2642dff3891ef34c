"""Cases and contacts as commitments hears of them, and the promises that policy makes of them."""
