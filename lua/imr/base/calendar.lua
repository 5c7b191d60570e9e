-- What every part that reckons with days needs of the calendar, in seconds. The simulator has its own.
return { DAY = 86400, CHINA = 8 * 3600 }
