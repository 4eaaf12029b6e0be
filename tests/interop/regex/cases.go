// Command cases writes random regular expressions and what Go's regexp says of them, for compare.c.
//
// Each line is a pattern in hex, a tab, and "ERR" or one digit for each subject (1 = match); before
// them stands one line with all subjects in hex, separated by blanks. The seed fixes everything.
package main

import (
	"bufio"
	"encoding/hex"
	"flag"
	"fmt"
	"math/rand"
	"os"
	"regexp"
	"sort"
	"strings"
	"unicode"
)

// Pieces that mean something, here or in a neighbouring dialect.
var pieces = []string{
	"a", "b", "k", "s", "S", "K", "é", "É", "ß", "λ", "Σ", "ς", "µ", "ſ", "K", "ǅ", "_", "-", "/", ".", " ", "\n", "0", "7", ",", ":", "!", "=", "<", ">", "#", "&",
	"|", "|", "(", "(", ")", ")", ")", "(?:", "(?i)", "(?i:", "(?s)", "(?m)", "(?m:", "(?U)", "(?-i)", "(?i-s:", "(?im-sU)", "(?-", "(?", "(?P<n>", "(?P<m1>", "(?P<>", "(?P<a-b>", "(?)", "(?-)", "(?x)",
	"*", "+", "?", "??", "*?", "+?", "{2}", "{0}", "{1,3}", "{,3}", "{2,}", "{0,}?", "{01}", "{1000}", "{1001}", "{2,1}", "{", "}", "{3", "{500}", "{999999999999}",
	"^", "$", "\\A", "\\z", "\\Z", "\\b", "\\B", "\\C", "\\G", "\\K", "\\R", "\\X", "\\h", "\\N",
	"\\d", "\\D", "\\s", "\\S", "\\w", "\\W", "\\v", "\\V", "\\n", "\\t", "\\r", "\\f", "\\a", "\\e", "\\0", "\\07", "\\101", "\\1", "\\8", "\\12", "\\x41", "\\x{3bb}", "\\x{212A}", "\\x{}", "\\x4", "\\x{110000}", "\\x{d7ff}",
	"\\.", "\\-", "\\_", "\\/", "\\\\", "\\ ", "\\q", "\\é", "\\Q", "\\E", "\\Qa.b\\E", "\\Q*\\E", "\\",
	"[", "[", "[^", "]", "]", "[a-z]", "[^a-z]", "[a-", "-z]", "[k-s]", "[]a]", "[^]a]", "[\\d-z]", "[a-\\d]", "[[:alpha:]]", "[[:^alpha:]]", "[[:word:]]", "[[:lower:]", "[:digit:]", "[[:^upper:]k]", "[^\\W]", "[\\W]", "[^[:^ascii:]]", "[[:foo:]]", "[[.a.]]", "[[=a=]]", "[\\]]", "[\\b]", "[--/]", "[é-λ]", "[^\\n]", "[\\x00-\\x{10FFFF}]", "[a&&b]", "[[a]]", "[a^]", "[\\p{Lu}a]", "[^\\P{Greek}]", "[\\S\\s]", "[!-~]",
	"\\pL", "\\PL", "\\pN", "\\p{Lu}", "\\P{Lu}", "\\p{^Lu}", "\\p{Greek}", "\\P{^Greek}", "\\p{Latin}", "\\p{Common}", "\\p{Any}", "\\P{Any}", "\\pZ", "\\p{Sm}", "\\pX", "\\p{Nope}", "\\p{", "\\p", "\\p{Sc}", "\\p{Nd}", "\\p{Han}", "\\pM",
	"(?=a)", "(?!a)", "(?<=a)", "(?<n>a)", "(?>a)", "(?#c)", "(?|a)", "(?R)", "(?1)", "(*FAIL)", "++", "**", "\\1", "\\k<n>", "(?P=n)", "(?'n'a)", "(?C)", "(?(1)a)",
	"yaml", "\\.ya?ml$", "secrets/", "[^/]+", ".*", "(a|b)", "(a|ab|abc)", "(?:|a)", "()", "(|)",
}

var subjects = []string{
	"", "a", "b", "k", "K", "s", "S", "K", "ſ", "é", "É", "ß", "ẞ", "SS", "λ", "Λ", "Σ", "ς", "σ", "µ", "μ", "ǅ", "ǆ", "_", "-", "/", ".", " ", "\n", "\r\n", "\v", "\t", "\x00", "\a", "\x1b", "0", "7", "٣", "]", "[", "^", "\\", "{", "}", "{2}", "a{,3}", "a\n", "\na", "a\nb", "b\nb\n", "ab", "aab", "abc", "a.b", "a b", "ak", "kK", "aé", "zz", "A_9", "secrets/a.yaml", "secrets/x/b.yml", "secrets/a.yaml\n", "漢字", "€+", "́", "ͅ", "͂", "ι", "\u2028", "\u00a0", "😀", "a\x7f", "n>a", ":alpha:", "!", "aaaaaaaa", "Q*E",
}

func pattern(r *rand.Rand) string {
	var b strings.Builder
	for n := 1 + r.Intn(7); n > 0; n-- {
		b.WriteString(pieces[r.Intn(len(pieces))])
	}
	p := b.String()
	// Most random patterns are malformed: close what is open in half of them.
	if r.Intn(2) == 0 {
		if open := strings.Count(p, "(") - strings.Count(p, ")"); open > 0 {
			p += strings.Repeat(")", open)
		}
	}
	return p
}

// Every category and script by name.
func classNames() []string {
	var names []string
	for name := range unicode.Categories {
		names = append(names, name)
	}
	for name := range unicode.Scripts {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// Writes the line of one pattern.
func judge(out *bufio.Writer, p string) {
	fmt.Fprint(out, hex.EncodeToString([]byte(p)), "\t")
	re, err := regexp.Compile(p)
	if err != nil {
		fmt.Fprintln(out, "ERR")
		return
	}
	for _, s := range subjects {
		if re.MatchString(s) {
			fmt.Fprint(out, "1")
		} else {
			fmt.Fprint(out, "0")
		}
	}
	fmt.Fprintln(out)
}

func main() {
	count := flag.Int("count", 40000, "patterns")
	seed := flag.Int64("seed", 1, "of the random patterns")
	flag.Parse()
	out := bufio.NewWriter(os.Stdout)
	r := rand.New(rand.NewSource(*seed))
	for i, s := range subjects {
		if i > 0 {
			fmt.Fprint(out, " ")
		}
		fmt.Fprint(out, hex.EncodeToString([]byte(s)))
	}
	fmt.Fprintln(out)
	for _, name := range classNames() {
		for _, format := range []string{`\p{%s}`, `[^\p{%s}]`, `(?i)^\P{%s}$`} {
			judge(out, fmt.Sprintf(format, name))
		}
	}
	for n := 0; n < *count; n++ {
		judge(out, pattern(r))
	}
	if err := out.Flush(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
