module github.com/vito/midterm

go 1.26.1

require github.com/charmbracelet/x/ansi v0.11.6
