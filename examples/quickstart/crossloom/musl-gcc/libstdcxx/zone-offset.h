	  const auto two = [&z](long n) { z += char('0' + n / 10); z += char('0' + n % 10); };
	  two(t.hours().count());
	  if (t.minutes() != 0min || t.seconds() != 0s)
	    two(t.minutes().count());
	  if (t.seconds() != 0s)
	    two(t.seconds().count());
