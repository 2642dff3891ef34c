// Shows the description that the page names. `validatorUrl` null: nothing is sent to another origin.
SwaggerUIBundle({
  url: document.getElementById("reference").dataset.description,
  dom_id: "#reference",
  deepLinking: true,
  validatorUrl: null,
});
