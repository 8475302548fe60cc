  // While it lives, the thread has UTF-8, if that is what the mark of a locale asks for. musl has this locale built in.
  struct __in_utf8
  {
    locale_t _M_old;

    explicit
    __in_utf8(__c_locale __mark)
    : _M_old(__mark ? uselocale(newlocale(LC_CTYPE_MASK, "C.UTF-8", locale_t())) : locale_t()) { }

    ~__in_utf8() { if (_M_old) uselocale(_M_old); }

    __in_utf8(const __in_utf8&) = delete;
    __in_utf8& operator=(const __in_utf8&) = delete;
  };

