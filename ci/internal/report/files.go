package report

// Files are the texts of a report by their names: those that are there whatever the run
// did. Record is the run for programs.
func (r Run) Files(record string) (map[string]string, error) {
	page, err := r.Page()
	if err != nil {
		return nil, err
	}
	files := map[string]string{"summary.md": r.Summary(), "report.html": page, "annotations.txt": r.Annotations(), "delivery.json": record, "changes.diff": ""}
	if r.Change != nil {
		files["changes.diff"] = r.Change.Diff
	}
	if r.Environment == "" {
		files["check.json"] = record
		delete(files, "delivery.json")
		delete(files, "changes.diff")
	}
	return files, nil
}
