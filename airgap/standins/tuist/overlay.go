package tuist

// OverlayOptions would place a component over others.
type OverlayOptions struct {
	Width  Size
	Anchor Anchor
	Margin OverlayMargin
}

// Size is a number of columns.
type Size int

// SizeAbs returns a size that does not depend on the screen.
func SizeAbs(columns int) Size { return Size(columns) }

// Anchor is a corner of the screen.
type Anchor int

// AnchorTopRight is the upper right corner.
const AnchorTopRight Anchor = 1

// OverlayMargin keeps an overlay off the edges.
type OverlayMargin struct {
	Top, Right, Bottom, Left int
}

// OverlayHandle is an overlay that is shown.
type OverlayHandle struct{}

// Remove hides the overlay.
func (*OverlayHandle) Remove() {}

// ShowOverlay shows nothing: overlays belong to the live view.
func (*TUI) ShowOverlay(Component, *OverlayOptions) *OverlayHandle { return &OverlayHandle{} }
