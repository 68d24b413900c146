int sj_dummy(void);
