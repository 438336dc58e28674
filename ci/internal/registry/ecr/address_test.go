package ecr_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pingvas/pingvas-ci/ci/internal/registry/ecr"
)

func TestRegistryOfAnAccount(t *testing.T) {
	assert.NoError(t, ecr.CheckRegistry("123456789012", "ap-northeast-2"))
	assert.NoError(t, ecr.CheckRegistry("123456789012", "us-gov-west-1"))
	assert.Equal(t, "123456789012.dkr.ecr.ap-northeast-2.amazonaws.com", ecr.Address("123456789012", "ap-northeast-2"))
	for _, account := range []string{"", "12345678901", "1234567890123", "12345678901a"} {
		assert.ErrorContains(t, ecr.CheckRegistry(account, "ap-northeast-2"), "give its twelve digits")
	}
	for _, region := range []string{"", "seoul", "ap-northeast-2.evil.example", "AP-NORTHEAST-2"} {
		assert.ErrorContains(t, ecr.CheckRegistry("123456789012", region), "give one such as ap-northeast-2")
	}
}
