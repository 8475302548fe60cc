    if (strcmp(__s, "C") && strcmp(__s, "POSIX"))
      {
	if (locale_t __known = newlocale(LC_ALL_MASK, __s, locale_t()))
	  freelocale(__known);
	else
	  __throw_runtime_error(__N("locale::facet::_S_create_c_locale name not valid"));
	static int __utf8;
	__cloc = &__utf8;
      }
