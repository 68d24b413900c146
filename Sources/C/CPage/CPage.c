// Swift has no way to embed files; C23's #embed has, and the compiler sees when they change.
#include "CPage.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

#if !__has_embed("/usr/share/javascript/chart.js/chart.min.js")
#error "Chart.js is missing: apt-get install libjs-chart.js"
#endif

static const unsigned char api_js[] = {
#embed "../../Page/web/api.js"
};
static const unsigned char budgets_js[] = {
#embed "../../Page/web/budgets.js"
};
static const unsigned char controls_js[] = {
#embed "../../Page/web/controls.js"
};
static const unsigned char dom_js[] = {
#embed "../../Page/web/dom.js"
};
static const unsigned char events_js[] = {
#embed "../../Page/web/events.js"
};
static const unsigned char format_js[] = {
#embed "../../Page/web/format.js"
};
static const unsigned char icon_svg[] = {
#embed "../../Page/web/icon.svg"
};
static const unsigned char index_html[] = {
#embed "../../Page/web/index.html"
};
static const unsigned char main_js[] = {
#embed "../../Page/web/main.js"
};
static const unsigned char notices_js[] = {
#embed "../../Page/web/notices.js"
};
static const unsigned char numbers_js[] = {
#embed "../../Page/web/numbers.js"
};
static const unsigned char page_css[] = {
#embed "../../Page/web/page.css"
};
static const unsigned char parts_css[] = {
#embed "../../Page/web/parts.css"
};
static const unsigned char plot_js[] = {
#embed "../../Page/web/plot.js"
};
static const unsigned char providers_js[] = {
#embed "../../Page/web/providers.js"
};
static const unsigned char state_js[] = {
#embed "../../Page/web/state.js"
};
static const unsigned char table_js[] = {
#embed "../../Page/web/table.js"
};
static const unsigned char theme_js[] = {
#embed "../../Page/web/theme.js"
};
static const unsigned char themes_js[] = {
#embed "../../Page/web/themes.js"
};
static const unsigned char usage_js[] = {
#embed "../../Page/web/usage.js"
};
static const unsigned char verdict_js[] = {
#embed "../../Page/web/verdict.js"
};
static const unsigned char words_js[] = {
#embed "../../Page/web/words.js"
};
static const unsigned char chart_min_js[] = {
#embed "/usr/share/javascript/chart.js/chart.min.js"
};

#define FILE_NAMED(name, bytes) {name, bytes, sizeof bytes}

static const struct page_file files[] = {
  FILE_NAMED("api.js", api_js),
  FILE_NAMED("budgets.js", budgets_js),
  FILE_NAMED("controls.js", controls_js),
  FILE_NAMED("dom.js", dom_js),
  FILE_NAMED("events.js", events_js),
  FILE_NAMED("format.js", format_js),
  FILE_NAMED("icon.svg", icon_svg),
  FILE_NAMED("index.html", index_html),
  FILE_NAMED("main.js", main_js),
  FILE_NAMED("notices.js", notices_js),
  FILE_NAMED("numbers.js", numbers_js),
  FILE_NAMED("page.css", page_css),
  FILE_NAMED("parts.css", parts_css),
  FILE_NAMED("plot.js", plot_js),
  FILE_NAMED("providers.js", providers_js),
  FILE_NAMED("state.js", state_js),
  FILE_NAMED("table.js", table_js),
  FILE_NAMED("theme.js", theme_js),
  FILE_NAMED("themes.js", themes_js),
  FILE_NAMED("usage.js", usage_js),
  FILE_NAMED("verdict.js", verdict_js),
  FILE_NAMED("words.js", words_js),
  FILE_NAMED("chart.min.js", chart_min_js),
};

struct page_file page_file_at(size_t place) {
  static const struct page_file none = {0};
  return place < sizeof files / sizeof *files ? files[place] : none;
}
