package ecr

import (
	"fmt"
	"regexp"
)

var (
	accountForm = regexp.MustCompile(`^\d{12}$`)
	regionForm  = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-\d$`)
)

// CheckRegistry refuses an account and a region that no registry can be of.
func CheckRegistry(account, region string) error {
	switch {
	case !accountForm.MatchString(account):
		return fmt.Errorf("account %q: give its twelve digits", account)
	case !regionForm.MatchString(region):
		return fmt.Errorf("region %q: give one such as ap-northeast-2", region)
	}
	return nil
}

// Address is that of an account's registry in a region.
func Address(account, region string) string {
	return account + ".dkr.ecr." + region + ".amazonaws.com"
}
