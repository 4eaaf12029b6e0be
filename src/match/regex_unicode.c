/* regex_unicode.c — names of Unicode classes; see regex_unicode.h. */
#include "match/regex_unicode.h"

/* Category and script names, from the tables of Go's package unicode. */
static const char *const categories[] = {
    "Any", "Cc", "Cf", "Co", "Cs", "L",  "Ll", "Lm", "Lo", "Lt", "Lu", "M",
    "Mc",  "Me", "Mn", "N",  "Nd", "Nl", "No", "P",  "Pc", "Pd", "Pe", "Pf",
    "Pi",  "Po", "Ps", "S",  "Sc", "Sk", "Sm", "So", "Z",  "Zl", "Zp", "Zs",
};

static const char *const scripts[] = {
    "Adlam",      "Ahom",        "Arabic",     "Armenian",    "Avestan",    "Balinese",
    "Bamum",      "Batak",       "Bengali",    "Bhaiksuki",   "Bopomofo",   "Brahmi",
    "Braille",    "Buginese",    "Buhid",      "Carian",      "Chakma",     "Cham",
    "Cherokee",   "Chorasmian",  "Common",     "Coptic",      "Cuneiform",  "Cypriot",
    "Cyrillic",   "Deseret",     "Devanagari", "Dogra",       "Duployan",   "Elbasan",
    "Elymaic",    "Ethiopic",    "Georgian",   "Glagolitic",  "Gothic",     "Grantha",
    "Greek",      "Gujarati",    "Gurmukhi",   "Han",         "Hangul",     "Hanunoo",
    "Hatran",     "Hebrew",      "Hiragana",   "Inherited",   "Javanese",   "Kaithi",
    "Kannada",    "Katakana",    "Kharoshthi", "Khmer",       "Khojki",     "Khudawadi",
    "Lao",        "Latin",       "Lepcha",     "Limbu",       "Lisu",       "Lycian",
    "Lydian",     "Mahajani",    "Makasar",    "Malayalam",   "Mandaic",    "Manichaean",
    "Marchen",    "Medefaidrin", "Miao",       "Modi",        "Mongolian",  "Mro",
    "Multani",    "Myanmar",     "Nabataean",  "Nandinagari", "Newa",       "Nko",
    "Nushu",      "Ogham",       "Oriya",      "Osage",       "Osmanya",    "Palmyrene",
    "Phoenician", "Rejang",      "Runic",      "Samaritan",   "Saurashtra", "Sharada",
    "Shavian",    "Siddham",     "Sinhala",    "Sogdian",     "Soyombo",    "Sundanese",
    "Syriac",     "Tagalog",     "Tagbanwa",   "Takri",       "Tamil",      "Tangut",
    "Telugu",     "Thaana",      "Thai",       "Tibetan",     "Tifinagh",   "Tirhuta",
    "Ugaritic",   "Vai",         "Wancho",     "Yezidi",      "Yi",
};

/* C: since Go 1.25 with unassigned characters, before without. The scripts: some releases from 1.25
 * on do not find the names that are written with more than one capital letter. */
static const char *const varying[] = {
    "C",
    "Anatolian_Hieroglyphs",
    "Bassa_Vah",
    "Canadian_Aboriginal",
    "Caucasian_Albanian",
    "Dives_Akuru",
    "Egyptian_Hieroglyphs",
    "Gunjala_Gondi",
    "Hanifi_Rohingya",
    "Imperial_Aramaic",
    "Inscriptional_Pahlavi",
    "Inscriptional_Parthian",
    "Kayah_Li",
    "Khitan_Small_Script",
    "Linear_A",
    "Linear_B",
    "Masaram_Gondi",
    "Meetei_Mayek",
    "Mende_Kikakui",
    "Meroitic_Cursive",
    "Meroitic_Hieroglyphs",
    "New_Tai_Lue",
    "Nyiakeng_Puachue_Hmong",
    "Ol_Chiki",
    "Old_Hungarian",
    "Old_Italic",
    "Old_North_Arabian",
    "Old_Permic",
    "Old_Persian",
    "Old_Sogdian",
    "Old_South_Arabian",
    "Old_Turkic",
    "Pahawh_Hmong",
    "Pau_Cin_Hau",
    "Phags_Pa",
    "Psalter_Pahlavi",
    "SignWriting",
    "Sora_Sompeng",
    "Syloti_Nagri",
    "Tai_Le",
    "Tai_Tham",
    "Tai_Viet",
    "Warang_Citi",
    "Zanabazar_Square",
};

/* Those with letters whose other case lies outside. */
static const char *const folding[] = {
    "L", "Ll", "Lt", "Lu", "M", "Mn", "Common", "Greek", "Inherited",
};

static bool is_one_of(ml_bytes name, const char *const *names, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++)
        if (ml_bytes_is(name, names[i]))
            return true;
    return false;
}

ml_unicode_class ml_unicode_class_find(ml_bytes name)
{
    ml_unicode_class class = { ML_UNICODE_NONE, false };

    if (is_one_of(name, varying, sizeof varying / sizeof *varying))
        class.kind = ML_UNICODE_VARIES;
    else if (is_one_of(name, categories, sizeof categories / sizeof *categories))
        class.kind = ML_UNICODE_CATEGORY;
    else if (is_one_of(name, scripts, sizeof scripts / sizeof *scripts))
        class.kind = ML_UNICODE_SCRIPT;
    class.folds = is_one_of(name, folding, sizeof folding / sizeof *folding);
    return class;
}
