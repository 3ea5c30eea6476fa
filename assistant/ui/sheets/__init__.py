"""What is taken along: the sheet before a mediation in Word, and the pages of blank agreements."""
