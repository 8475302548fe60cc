#ifdef __cplusplus
extern "C"
#endif
int thing(int number);
